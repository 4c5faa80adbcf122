"""Places where a test may end or freeze this process: BATON_FAIL_AT=after_commit:3 kills it the third time there."""

import os
import signal
from typing import Final, Literal

FaultPoint = Literal["inside_transaction", "before_commit", "after_commit", "before_ack", "after_ack"]

_wanted, _times, _how = (*os.environ.get("BATON_FAIL_AT", "").split(":"), "", "")[:3]
_left: Final = [int(_times or 1)]


def point(place: FaultPoint) -> None:
    """Nothing, unless this very place was named in the environment of the process; `:stop` freezes instead."""
    if place == _wanted:
        _left[0] -= 1
        if _left[0] == 0:
            os.kill(os.getpid(), signal.SIGSTOP if _how == "stop" else signal.SIGKILL)
