"""One company: the account score, facts with their sources, its people and deals, and the word of sales on it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement
from agreement.scoring import AccountScore
from events import Event, Money
from events.campaigns import CompanyChanged
from events.deals import DealOpened
from events.leads import KnownFact, LeadCaptured, LeadErased
from events.sales import AccountHandedBack, AccountSuppressed
from events.scores import Gate, LeadScored, RouteFacts
from reporting.decide.accounts import account_score
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON, EventBuilder, scored_data

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
TERMS = AccountScore(further_person=5, highest=200)
LONG_AGO = NOON - timedelta(days=200)


def person(id: str, total: int | None, engaged: datetime | None = NOON) -> dict[str, object]:
    return {"id": id, "total": total, "last_engaged": engaged}


@pytest.mark.parametrize(
    ("people", "total", "further"),
    [
        ([], None, 0),
        ([person("a", None)], None, 0),
        ([person("a", 70)], 70, 0),
        ([person("a", 70), person("b", 20), person("c", 10)], 80, 2),
        ([person("a", 70, None), person("b", 20)], 75, 1),
        ([person("a", 70), person("b", 20, LONG_AGO), person("c", 10, None)], 70, 0),
        ([person("a", 70, None), person("b", 70)], 70, 0),
        ([person(str(n), 195) for n in range(3)], 200, 2),
    ],
    ids=["nobody", "no score", "one", "three engaged", "best is silent", "others are silent", "tie", "cap"],
)
def test_the_best_lead_and_five_per_further_engaged_person(
    people: list[dict[str, object]], total: int | None, further: int
) -> None:
    score = account_score(people, NOON - timedelta(days=90), TERMS)
    assert (score["total"], score["further"]) == (total, further)


@given(st.lists(st.tuples(st.integers(-100, 200), st.booleans()), min_size=1), st.permutations(range(8)))
def test_the_order_of_people_never_shows(figures: list[tuple[int, bool]], order: list[int]) -> None:
    people = [person(str(n), total, NOON if engaged else None) for n, (total, engaged) in enumerate(figures)]
    shuffled = sorted(people, key=lambda one: order[int(str(one["id"])) % 8])
    score = account_score(people, LONG_AGO, TERMS)
    assert account_score(shuffled, LONG_AGO, TERMS) == score
    assert max(total for total, _ in figures) <= score["total"] <= TERMS.highest


def scored(at: datetime, fit: int, engagement: int, engaged: datetime | None) -> Mapping[str, object]:
    total = fit + engagement
    return scored_data(
        {
            **{"model": "default", "fit": fit, "engagement": engagement, "total": total, "band": "cool"},
            **{"confidence_known": 3, "confidence_of": 4, "completeness": 85, "last_engaged_at": engaged},
            "gate": Gate(passed=False, reason=f"{total} of 60"),
            "facts": RouteFacts(company="Brook & Sons", domain="brook.example"),
        }
    )


def people_of_brook(builder: EventBuilder, now: datetime) -> list[Event]:
    """Three people: engaged at 50, engaged at 20, long silent at 10."""
    events: list[Event] = []
    for id, fit, engagement, engaged in (("a", 30, 20, now), ("b", 0, 20, now), ("c", 10, 0, None)):
        facts = (KnownFact(name="company", value="Brook & Sons", source="form", at=now),)
        email = f"{id}@brook.example"
        events += [
            builder.make(LeadCaptured, email=email, channel="form:demo", facts=facts, subject=id, at=now),
            builder.make(LeadScored, scored(now, fit, engagement, engaged), subject=id, at=now),
        ]
    return events


async def test_an_account_shows_its_score_people_facts_deals_and_that_it_is_left_alone(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    async with database.begin() as tx:
        now = await context.clock.now(tx)
    builder = EventBuilder("a", now)
    record = {"employees": 140, "country": "US"}
    events = people_of_brook(builder, now)
    events += [
        builder.make(
            CompanyChanged,
            domain="www.Brook.example",
            facts=record,
            happened="funding",
            subject="brook.example",
            at=now,
        ),
        builder.make(DealOpened, by="rep-dan", deal="d-1", amount=Money.parse("100 USD"), subject="b", at=now),
        builder.make(
            AccountSuppressed, by="rep-dan", account="brook.example", note="in talks", subject="brook.example"
        ),
    ]
    await fold(context, database, events)
    account = (await new_house.get("/api/accounts/brook.example")).json()
    assert (account["company"], account["kind"], account["owner"]) == ("Brook & Sons", None, None)
    assert account["score"]["total"] == 55
    assert (account["score"]["best"], account["score"]["engaged"], account["score"]["further"]) == ("a", 2, 1)
    assert [(one["id"], one["total"], one["engaged"]) for one in account["people"]] == [
        ("a", 50, True), ("b", 20, True), ("c", 10, False)
    ]  # fmt: skip
    facts = {fact["name"]: fact for fact in account["facts"]}
    assert (facts["employees"]["value"], facts["employees"]["source"]) == (140, "enrichment")
    assert (facts["company"]["value"], facts["company"]["source"]) == ("Brook & Sons", "form")
    assert datetime.fromisoformat(facts["employees"]["at"]) == now
    assert [one["happened"] for one in account["news"]] == ["funding"]
    assert [(deal["deal"], deal["amount"]["amount"]) for deal in account["deals"]] == [("d-1", 10_000)]
    assert (account["suppressed"]["by"], account["suppressed"]["note"]) == ("rep-dan", "in talks")
    assert (await new_house.get("/api/accounts/mail.brook.example")).json() == account
    assert (await new_house.get("/api/leads/a")).json()["domain"] == "brook.example"
    assert 'href="/accounts/brook.example"' in (await new_house.get("/leads/a")).text
    page = (await new_house.get("/accounts/brook.example")).text
    assert "Best lead 50, plus 5 for each of 1 further engaged people, at most 200." in page
    assert "left alone by marketing" in page

    back = builder.make(
        AccountHandedBack, by="rep-dan", account="Brook & Sons", subject="x", at=now + timedelta(seconds=1)
    )
    await fold(context, database, [back])
    assert (await new_house.get("/api/accounts/brook.example")).json()["suppressed"] is None


async def test_who_was_forgotten_is_not_among_the_people(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    builder = EventBuilder("a")
    events = people_of_brook(builder, NOON)
    await fold(context, database, [*events, builder.make(LeadErased, subject="a", at=NOON)])
    account = (await new_house.get("/api/accounts/brook.example")).json()
    assert [one["id"] for one in account["people"]] == ["b", "c"]
    assert account["score"]["best"] == "b"


async def test_an_account_of_the_agreement_is_known_before_its_people(
    new_house: AsyncClient, agreement: Agreement
) -> None:
    row, named = agreement.teams.accounts[0], agreement.teams.named_accounts[0]
    account = (await new_house.get(f"/api/accounts/{row.domain}")).json()
    assert account["company"] == row.company
    assert {fact["source"] for fact in account["facts"]} == {"enrichment"}
    assert (account["score"]["total"], account["people"]) == (None, [])
    account = (await new_house.get(f"/api/accounts/{named.domain}")).json()
    assert (account["company"], account["kind"], account["owner"]) == (named.company, named.kind, named.owner)
    assert (await new_house.get(f"/accounts/{named.domain}")).status_code == 200


async def test_an_unknown_company_is_refused(new_house: AsyncClient) -> None:
    assert (await new_house.get("/api/accounts/nobody.example")).status_code == 404
    assert (await new_house.get("/accounts/nobody.example")).status_code == 404
