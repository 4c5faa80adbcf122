"""No lead left behind, asked of both who decide and who show: the same place and the same owner in every history."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from services.routing.tests.recipes import ANYTHING, Recipe
from services.routing.tests.test_laws import LAW
from services.routing.tests.test_places import tell, where

from agreement.places import place_of
from events import Event, Fact
from events.codec import decode, encode
from reporting.decide import State, Terms, decide
from reporting.decide.positions import Position
from testing.events import NOON
from testing.service import shipped_agreement


def shown(facts: Sequence[Fact]) -> dict[str, Position]:
    """What reporting makes of these facts: by lead."""
    lines = [
        encode(fact, place=f"handoffs/0/{number}", source="routing", recorded=NOON, agreement="a")
        for number, fact in enumerate(facts, 1)
    ]
    events = [event for line in lines if isinstance(event := decode(line), Event)]
    positions = decide(State(), events, Terms.of(shipped_agreement()), now=NOON).state.tables.get(Position, {})
    return {row.lead: row for row in positions.values()}


@LAW
@given(recipes=ANYTHING, days=st.integers(0, 100))
def test_where_a_lead_is_shown_is_where_it_is(recipes: list[Recipe], days: int) -> None:
    story = tell(recipes)
    story.pass_to(story.now + timedelta(days=days))
    positions = shown(story.facts)
    for lead, known in story.state.leads.items():
        row = positions.get(lead, Position(lead))
        place = place_of(
            row.stage,  # type: ignore[arg-type]  # text in the read model
            row.status,  # type: ignore[arg-type]  # text in the read model
            row.owner,
            segment=row.segment,
            reason=row.why,
            young=where(story, lead) == "marketing",
        )
        assert place == where(story, lead), (row, known)
        assert row.owner == known.owner or row.status == "joined" or row.stage == "won", "an owner is who has it"
        assert row.manager == known.decides
