"""The content library on the card: what marketing publishes is recommended to whom it suits, until it was taken in."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.notifier.tests.conftest import LeadLog, Notifier, message_after, snapshot

from agreement.content import LibraryAsset
from events import Event
from events.campaigns import ContentPublished
from events.grounds import Snapshot
from notifier.decide import State, Terms, decide
from notifier.deliver import Library
from testing.events import NOON, EventBuilder

SALES_GUIDE = LibraryAsset(
    "sales-guide", "guide", "The sales guide", NOON, "https://northwind.example/guide", persona="sales", stage="mql"
)


def published(asset: str = "sales-guide", **more: object) -> ContentPublished:
    data = {"asset": asset, "kind": "guide", "title": "The sales guide", **more}
    return LeadLog(asset).make(ContentPublished, data)


def of_sales() -> Snapshot:
    return snapshot(function="sales", seniority="vp")


def offered(story: LeadLog) -> list[Event]:
    return [story.captured(), story.engaged(), story.assigned(snapshot=of_sales()), *story.clocks()]


def sent(terms: Terms, events: Sequence[Event], *library: LibraryAsset) -> list[str]:
    """What the card recommends to send."""
    card = message_after(terms, events, library=library)
    return [line for part in card.parts for line in part.lines if line.startswith("Send: ")]


def test_the_card_recommends_what_suits_persona_and_stage(terms: Terms, story: LeadLog) -> None:
    line = "Send: The sales guide (guide) https://northwind.example/guide"
    assert sent(terms, offered(story), SALES_GUIDE) == [line]
    assert sent(terms, offered(story), SALES_GUIDE._replace(persona="finance")) == []
    assert sent(terms, offered(story), SALES_GUIDE._replace(stage="won")) == []
    assert sent(terms, offered(story), SALES_GUIDE._replace(until=NOON.date() - timedelta(days=1))) == []
    assert sent(terms, offered(story)) == []


def test_what_the_person_took_in_is_not_recommended(terms: Terms, story: LeadLog) -> None:
    read = story.engaged("case_study", minutes=1, asset="Sales-Guide")
    assert sent(terms, [*offered(story), read], SALES_GUIDE) == []
    known = SALES_GUIDE._replace(asset="retail", title="Retail case study")  # in the snapshot, long ago
    assert sent(terms, offered(story), known) == []


def test_what_is_published_belongs_to_no_lead(terms: Terms) -> None:
    outcome = decide(
        State(), [published(), published(url="https://new.example", until=date(2026, 9, 1))], terms, now=NOON
    )
    assert outcome.leads == {}
    assert outcome.assets["sales-guide"].url == "https://new.example", "the later one counts"
    assert outcome.assets["sales-guide"].until == date(2026, 9, 1)
    old = decide(State(), [published(url="javascript:alert(1)")], terms, now=NOON)
    assert old.assets["sales-guide"].url is None, "published before addresses were checked"


def test_an_asset_is_as_old_as_its_publication_not_as_the_news_of_it(terms: Terms) -> None:
    data = {"asset": "sales-guide", "kind": "guide", "title": "The sales guide"}
    then = NOON - timedelta(days=90)
    late = EventBuilder("sales-guide").make(ContentPublished, data, at=then, recorded=NOON)
    assert decide(State(), [late], terms, now=NOON).assets["sales-guide"].published_at == then


async def test_the_library_is_kept_and_a_later_publication_takes_its_place(notifier: Notifier) -> None:
    await notifier.read(published(persona="sales"), published("price-list", stage="sql"))
    await notifier.read(published(persona="vp", url="https://new.example"))
    library = Library()
    async with notifier.context.database.begin() as tx:
        await library.refresh(tx)
    assert {one.asset: (one.persona, one.stage, one.url) for one in library.assets} == {
        "sales-guide": ("vp", None, "https://new.example"),
        "price-list": (None, "sql", None),
    }
    library.put({"sales-guide": SALES_GUIDE})
    assert SALES_GUIDE in library.assets, "what this process hears of itself is there at once"
