"""All SQL of ingest."""

from ingest.store.registry import known, load, load_memory, lock, save, tidy
from ingest.store.rejects import (
    ClaimedReject,
    LeftOut,
    Reject,
    claim_reject,
    close_reject,
    counts,
    give_back_reject,
    reject_state,
    rejects,
    save_left_out,
    save_rejects,
)
from ingest.store.tools import events_by_day, unknown_names

__all__ = [
    "ClaimedReject",
    "LeftOut",
    "Reject",
    "claim_reject",
    "close_reject",
    "counts",
    "events_by_day",
    "give_back_reject",
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
