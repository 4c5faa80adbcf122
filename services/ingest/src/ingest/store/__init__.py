"""All SQL of ingest."""

from ingest.store.registry import known, load, load_memory, lock, save, tidy
from ingest.store.rejects import (
    LeftOut,
    Reject,
    claim_spam,
    close_reject,
    counts,
    give_back_spam,
    reject_state,
    rejects,
    save_left_out,
    save_rejects,
)
from ingest.store.tools import events_by_day, unknown_names

__all__ = [
    "LeftOut",
    "Reject",
    "claim_spam",
    "close_reject",
    "counts",
    "events_by_day",
    "give_back_spam",
    "known",
    "load",
    "load_memory",
    "lock",
    "reject_state",
    "rejects",
    "save",
    "save_left_out",
    "save_rejects",
    "tidy",
    "unknown_names",
]
