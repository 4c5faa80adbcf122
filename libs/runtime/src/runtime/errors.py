"""The exceptions of the house; each says whose fault it is."""

from collections.abc import Iterable
from inspect import cleandoc
from typing import ClassVar, TypedDict


class InputProblem(TypedDict):
    """One spot in the input that is wrong."""

    pointer: str
    detail: str


class BatonError(Exception):
    """Something went wrong in Baton."""


class Misconfigured(BatonError):
    """Ours, at start only: says what is wrong and what to do about it."""


class Refused(BatonError):
    """The request cannot be granted as things are."""

    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request cannot be granted as things are."

    def __init_subclass__(cls) -> None:
        """A subclass is titled by its docstring."""
        super().__init_subclass__()
        if "title" not in vars(cls) and cls.__doc__:
            cls.title = cleandoc(cls.__doc__).splitlines()[0]

    def __init__(self, detail: str = "", *, errors: Iterable[InputProblem] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors: list[InputProblem] = list(errors)


class Fenced(BatonError):
    """Another owner has taken this lane; what was decided here must be forgotten."""


class Stale(BatonError):
    """The lane is ours, but it is not where memory says, or another lane changed what a batch rests on: read again."""


class Interrupted(BatonError):
    """A child process could not go on, for a reason that passes by itself; nobody is to blame."""


class ChildStopped(BatonError):
    """A child process met a bug or a wrong schema: its lane stops, as it would have without a child."""


class PoisonLimit(BatonError):
    """Too many poison records in a row: not the records are wrong, the code or the terms are."""


class Fork(BatonError):
    """A stream does not continue what was read of it: two houses write it, or a database went back in time."""


class ForeignRecord(BatonError):
    """A record of another house stands in our stream."""


class UnfitOutput(BatonError):
    """A fact that was decided can never be written: it is too large, or about a subject of another lane."""


class OutputTooLarge(UnfitOutput):
    """A fact is larger than a record batch may be; it could never be shipped."""
