"""A new agreement reaches every lead, also those that nothing happens to; and pages nobody."""

import asyncio
from dataclasses import replace

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from events.scores import LeadQualified, LeadScored, MqlWithdrawn
from events.topics import PARTITIONS
from runtime.database.statement import statement
from runtime.emit.timers import take_due
from runtime.service import Context
from runtime.values import Timer
from scoring.decide import RESCORE, Terms
from scoring.rescore import LEADS_AT_ONCE, Rescore
from scoring.store import rescoring as store
from testing.events import NOON, of_type
from testing.waiting import PATIENCE, eventually


def worth(terms: Terms, version: str, **points: int) -> Terms:
    """The same agreement, in which these kinds are worth something else."""
    model = terms.models[0]
    awards = {**model.awards, **{kind: replace(model.awards[kind], points=more) for kind, more in points.items()}}
    return replace(terms, version=version, models=(replace(model, awards=awards),))


def turn(scorer: Scorer, days: float, lead: str = "ann") -> None:
    scorer.read(Timer(lead, RESCORE, lead, LeadEvents().at(days)), now=LeadEvents().at(days))


def test_a_score_follows_the_agreement_without_an_event_and_says_why(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("case_study", 1, asset="c"), events.engaged("blog_read", 2))
    scorer.terms = worth(scorer.terms, "another", case_study=35)
    turn(scorer, 3)
    scored = scorer.scored()
    assert (scored.reason, scored.was, scored.total) == ("correction", 20, 40)
    assert [(line.rule, line.points) for line in scored.lines or ()] == [("agreement", 20)]
    assert scorer.standing().engagement_lines[1].points == 35
    before = len(scorer.facts)
    turn(scorer, 4)
    assert len(scorer.facts) == before, "it has nothing to be told twice"


def test_whom_it_would_qualify_waits_for_what_happens_next(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(title="CEO"), events.engaged("case_study", 1, asset="c"))
    scorer.terms = worth(scorer.terms, "another", case_study=35)
    turn(scorer, 2)
    assert of_type(scorer.facts, LeadQualified.Data) == []
    assert scorer.scored().total == 45
    scorer.read(events.engaged("blog_read", 3))
    assert [one.total for one in of_type(scorer.facts, LeadQualified.Data)] == [70]


def test_whom_it_would_not_have_qualified_is_withdrawn(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(title="CEO"), events.engaged("case_study", 1, asset="c"))
    scorer.read(events.engaged("pricing_view", 1))
    assert of_type(scorer.facts, LeadQualified.Data)
    scorer.terms = worth(scorer.terms, "another", pricing_view=10)
    turn(scorer, 2)
    assert [one.total for one in of_type(scorer.facts, MqlWithdrawn.Data)] == [55]


def test_what_time_has_taken_meanwhile_is_taken_first(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("case_study", 0, asset="c"))
    scorer.terms = worth(scorer.terms, "another", case_study=35)
    turn(scorer, 61)
    assert [data.total for data in of_type(scorer.facts, LeadScored.Data)][-1] == 17
    assert scorer.points() == 17


@pytest.mark.parametrize("removed", ["merged", "erased"])
def test_who_is_gone_is_left_alone(events: LeadEvents, scorer: Scorer, removed: str) -> None:
    scorer.read(events.captured(), events.merged() if removed == "merged" else events.erased())
    scorer.terms = replace(scorer.terms, version="another")
    before = len(scorer.facts)
    turn(scorer, 3)
    turn(scorer, 3, lead="nobody")
    assert len(scorer.facts) == before


LEADS = statement(
    "INSERT INTO lead (lead) SELECT 'lead-' || lpad(CAST(n AS text), 4, '0') FROM generate_series(1, :n) AS n"
)


async def plant(context: Context, leads: int) -> None:
    async with context.database.begin() as tx:
        await tx.execute(LEADS, {"n": leads})


async def turns(context: Context) -> list[str]:
    """Whose turn has come, taken off as the lanes do."""
    async with context.database.begin() as tx:
        due = [timer for p in range(PARTITIONS) for timer in await take_due(tx, p, NOON)]
    assert {timer.kind for timer in due} <= {RESCORE}
    return sorted(timer.subject for timer in due)


async def test_every_lead_has_its_turn_once_some_at_a_time(context: Context) -> None:
    await plant(context, LEADS_AT_ONCE + 3)
    rescore = Rescore(context, "v2")
    assert await rescore.waiting() == NOON
    assert await rescore.go_on()
    assert await rescore.go_on(), "the lanes are still at it"
    first = await turns(context)
    assert len(first) == LEADS_AT_ONCE
    another = Rescore(context, "v2")
    assert await another.go_on(), "it goes on where the first one was killed"
    assert await turns(context) == ["lead-0201", "lead-0202", "lead-0203"]
    assert not await another.go_on()
    assert not await rescore.go_on()
    assert await rescore.waiting() is None
    assert await turns(context) == []


async def test_another_agreement_begins_anew_and_the_same_one_does_not(context: Context) -> None:
    await plant(context, 2)
    for version, expected in (("v2", ["lead-0001", "lead-0002"]), ("v2", []), ("v3", ["lead-0001", "lead-0002"])):
        rescore = Rescore(context, version)
        while await rescore.go_on():
            pass
        assert await turns(context) == expected


async def test_of_two_processes_one_works(context: Context) -> None:
    await plant(context, 2)
    one, other = Rescore(context, "v2"), Rescore(context, "v2")
    async with context.database.begin() as tx:
        await store.begin_rescoring(tx, "v2")
    async with context.database.begin() as tx:
        assert await store.rescored_until(tx, "v2") == ""
        assert not await other.go_on(), "it is somebody else's"
    assert await one.go_on()


async def test_it_works_until_it_is_stopped(context: Context) -> None:
    await plant(context, 2)
    stop = asyncio.Event()
    task = asyncio.create_task(Rescore(context, "v2")(stop))

    async def planned() -> bool:
        return await turns(context) != []

    await eventually(planned)
    stop.set()
    await asyncio.wait_for(task, PATIENCE)
