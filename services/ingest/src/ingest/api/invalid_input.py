"""What is wrong with an input, and where; and the bounds that ids and texts keep at every edge."""

from typing import Final

from events import Body
from events.body import fields_of
from ingest.decide.submissions import LONGEST_ID
from ingest.decide.traits import LONGEST_VALUE
from runtime.errors import InputProblem

MOST_ENTRIES: Final = 64
"""Of a list that people write."""


class InvalidInput(Exception):
    """One spot that is not as it should be."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(detail)
        self.problem: InputProblem = {"pointer": where, "detail": detail}


def in_bounds(key: str, where: str) -> str:
    """The key, which an index must hold. Raises InvalidInput for a blank or too long one."""
    if not key:
        raise InvalidInput(where, "must not be blank")
    if len(key) > LONGEST_ID:
        raise InvalidInput(where, f"must be at most {LONGEST_ID} characters")
    return key


def check_lengths(data: Body, where: str) -> None:
    """Texts that people write have at most 8,192 characters, lists of them 64 entries. Raises InvalidInput."""
    for field in fields_of(type(data)):
        value = getattr(data, field)
        if isinstance(value, tuple):
            if len(value) > MOST_ENTRIES:
                raise InvalidInput(f"{where}/{field}", f"must have at most {MOST_ENTRIES} entries")
            for place, one in enumerate(value):
                _check_length(one, f"{where}/{field}/{place}")
        else:
            _check_length(value, f"{where}/{field}")


def _check_length(value: object, where: str) -> None:
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise InvalidInput(where, f"must be at most {LONGEST_VALUE} characters")
