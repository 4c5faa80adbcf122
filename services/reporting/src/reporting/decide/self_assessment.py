"""How well the two teams work together: each question by evidence of data, else by a yearly form. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

YEAR: Final = timedelta(days=365)
"""So long an answer of the form counts; then it is due again."""
Basis = Literal["data", "form"]
"""What a score rests on."""
_WORDS: Final = {"yes": 1.0, "partly": 0.5, "no": 0.0}
_HIGHEST: Final = 10.0


@dataclass(frozen=True, slots=True)
class QuestionEvidence:
    """What data say of one question: `count` of `of` are as they should be."""

    count: int
    of: int
    text: str
    """The same in words."""
    to_raise: str
    """What would raise it."""
    link: str | None = None
    """Address of what is counted, or of where it is done."""

    @property
    def score(self) -> float | None:
        """From 0 to 1; null while there is nothing to count."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """The score of one question, and what it rests on."""

    score: float | None
    basis: Basis | None
    due: bool
    """Somebody should answer the form: data say nothing, and nobody answered within a year."""


def verdict(evidence: QuestionEvidence | None, answer: str | None, at: datetime | None, now: datetime) -> QuestionScore:
    """Data where there are any; else the form's answer, while it is not older than a year."""
    measured = evidence.score if evidence else None
    if measured is not None:
        return QuestionScore(measured, "data", due=False)
    fresh = at is not None and now - at <= YEAR
    spoken = score_of(answer) if fresh else None
    return QuestionScore(spoken, "form" if spoken is not None else None, due=not fresh)


def score_of(answer: str | None) -> float | None:
    """Of `yes`, `partly`, `no`, or a number of 0 to 10; None for all else."""
    if answer is None:
        return None
    text = answer.strip().casefold()
    if text in _WORDS:
        return _WORDS[text]
    try:
        number = float(text)
    except ValueError:
        return None
    return number / _HIGHEST if 0 <= number <= _HIGHEST else None


def weakest(scores: Mapping[str, float | None]) -> str | None:
    """The topic with the lowest score, the first of equal ones; null where none has one."""
    known = {topic: score for topic, score in scores.items() if score is not None}
    return min(known, key=known.__getitem__) if known else None
