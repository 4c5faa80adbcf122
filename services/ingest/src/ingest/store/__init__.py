"""All SQL of ingest."""

from ingest.store.registry import known, load, load_memory, lock, save, tidy
from ingest.store.rejects import (
    LeftOut,
    Reject,
    close_reject,
    counts,
    open_reject,
    rejects,
    save_left_out,
    save_rejects,
)

__all__ = [
    "LeftOut",
    "Reject",
    "close_reject",
    "counts",
    "known",
    "load",
    "load_memory",
    "lock",
    "open_reject",
    "rejects",
    "save",
    "save_left_out",
    "save_rejects",
    "tidy",
]
