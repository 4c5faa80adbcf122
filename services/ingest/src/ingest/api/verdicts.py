"""What becomes of each fact of a list when what is right is kept and the rest is not: the answer 207."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from ingest.api.counting import reason_of
from ingest.api.invalid_input import InvalidInput
from ingest.decide.submissions import SalesFact
from ingest.intake import Intake
from runtime.http.problems import Malformed, Overloaded

Word = Literal["accepted", "duplicate", "refused", "again"]


class Verdict(BaseModel):
    """One fact of the list, at its place."""

    verdict: Word
    """`again`: nothing was kept because the house was busy; send this one again."""
    pointer: str | None = None
    """JSON pointer to the spot that is wrong."""
    detail: str | None = None


class Verdicts(BaseModel):
    """Counts, and a verdict for each fact in the order in which they came."""

    accepted: int
    duplicates: int
    refused: int
    verdicts: list[Verdict]


async def each_alone(intake: Intake, facts: Sequence[SalesFact | InvalidInput]) -> Verdicts:
    """Takes in each fact alone (they share transactions and keep their order). Raises Overloaded when none was kept."""
    verdicts = await asyncio.gather(*(_verdict(intake, fact) for fact in facts))
    words = [one.verdict for one in verdicts]
    if words and set(words) == {"again"}:
        raise Overloaded("nothing was kept: the house is busy", retry_after=5)
    return Verdicts(
        accepted=words.count("accepted"),
        duplicates=words.count("duplicate"),
        refused=words.count("refused"),
        verdicts=verdicts,
    )


async def _verdict(intake: Intake, fact: SalesFact | InvalidInput) -> Verdict:
    if isinstance(fact, InvalidInput):
        intake.leave_out("refused fact", reason_of(Malformed(errors=[fact.problem])), "/sales")
        return Verdict(verdict="refused", **fact.problem)
    try:
        receipt = await intake.submit([fact])
    except Malformed as refusal:
        intake.leave_out("refused fact", reason_of(refusal), "/sales")
        problem = refusal.errors[0] if refusal.errors else {"pointer": fact.pointer, "detail": refusal.detail}
        return Verdict(verdict="refused", pointer=problem["pointer"], detail=problem["detail"])
    except Overloaded as refusal:
        return Verdict(verdict="again", detail=refusal.detail)
    return Verdict(verdict="accepted" if receipt.accepted else "duplicate")
