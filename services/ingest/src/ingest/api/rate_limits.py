"""How fast one address may fill in one form. Each process counts for itself; this machine is not counted."""

from math import ceil
from time import monotonic
from typing import Final

from runtime.http.access import LOOPBACK
from runtime.http.problems import Overloaded

BURST: Final = 60
PER_SECOND: Final = 1.0
_MOST: Final = 10_000


class FormRates:
    """A token bucket for each (form, address)."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def count(self, form: str, address: str, now: float | None = None) -> None:
        """Raises Overloaded when the bucket is empty."""
        if address in LOOPBACK:
            return
        moment = monotonic() if now is None else now
        left, before = self._buckets.get((form, address), (float(BURST), moment))
        left = min(float(BURST), left + (moment - before) * PER_SECOND)
        if left < 1:
            raise Overloaded("too many forms from this address", retry_after=ceil((1 - left) / PER_SECOND))
        if len(self._buckets) >= _MOST:
            self._buckets.clear()
        self._buckets[form, address] = (left - 1, moment)
