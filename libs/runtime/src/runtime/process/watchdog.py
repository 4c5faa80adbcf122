"""Ends a process whose event loop stands still: an input that never returns is a death like any other, and is found."""

import asyncio
import faulthandler
import sys


async def watch(seconds: float) -> None:
    """Until cancelled: when the loop has not turned for so long, frames go to stderr and the process exits with 1.

    A thread of the interpreter does it that needs no lock, for an endless regular expression never lets go of it.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(seconds, exit=True, file=sys.stderr)
            await asyncio.sleep(min(1.0, seconds / 4))
    finally:
        faulthandler.cancel_dump_traceback_later()
