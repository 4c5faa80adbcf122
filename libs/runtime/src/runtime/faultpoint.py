"""Places where a test may have this process killed: BATON_FAIL_AT=after_commit:3 kills it the third time there."""

import os
import signal
from typing import Final, Literal

Place = Literal["inside_transaction", "before_commit", "after_commit", "before_ack", "after_ack"]

_wanted, _, _times = os.environ.get("BATON_FAIL_AT", "").partition(":")
_left: Final = [int(_times or 1)]


def point(place: Place) -> None:
    """Nothing, unless this very place was named in the environment of the process."""
    if place == _wanted:
        _left[0] -= 1
        if _left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
