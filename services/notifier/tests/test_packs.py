"""A pack is mailed at eight of each reader's zone, once; a day that stands out is told once, and old news to nobody."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

from services.notifier.tests.conftest import Notifier

from events.packs import AnomalySeen, PackFrozen
from notifier.decide import HANDLES, LeadView, State, Terms, decide
from notifier.decide.packs import KINDS
from notifier.render import NoticeView, message
from testing.events import EventBuilder
from testing.world import Postbox

FROZEN = datetime(2026, 8, 10, 6, tzinfo=UTC)
"""Two hours after Sunday ended in New York."""
PARTS = (
    {
        "name": "metrics",
        "title": "Last week against target",
        "sentences": ["1 of 2 targets were reached; Won is the furthest off: 25,000 USD."],
        "figures": [
            {"name": "mqls", "title": "MQLs", "value": 61.0, "text": "61", "note": "58 agreed", "state": "good"},
            {"name": "won", "title": "Won", "value": 2_500_000.0, "text": "25,000 USD", "state": "bad"},
        ],
        "tables": [
            {
                "title": "By MQLs that became SQL",
                "columns": ["Campaign", "MQLs"],
                "rows": [{"cells": [f"campaign-{number}", str(number)]} for number in range(10)],
            }
        ],
    },
)


def pack(
    *, kind: str = "week", name: str = "2026-W32", start: str = "2026-08-03", end: str = "2026-08-10",
    at: datetime = FROZEN,
) -> PackFrozen:  # fmt: skip
    data = {"pack": name, "kind": kind, "title": f"Pack {name}", "start": start, "end": end, "currency": "USD"}
    return EventBuilder(name).make(PackFrozen, {**data, "parts": PARTS}, subject=name, at=at)


def hours(event: PackFrozen, terms: Terms) -> dict[str, str]:
    """Recipient to the instant of the mail."""
    outcome = decide(State(), [event], terms, now=event.recordedtime)
    assert {one.channel for one in outcome.notices} <= {"email"}
    return {one.recipient: one.next_at.astimezone(UTC).isoformat() for one in outcome.notices if one.next_at}


def test_each_reader_gets_the_week_on_monday_at_eight_of_the_own_zone(terms: Terms) -> None:
    """New York is four hours behind in August, London one ahead: at the freeze it is seven there."""
    assert hours(pack(), terms) == {
        "marketing": "2026-08-10T12:00:00+00:00",
        "sales_leadership": "2026-08-10T12:00:00+00:00",
        "manager:rep-grace": "2026-08-10T12:00:00+00:00",
        "manager:rep-owen": "2026-08-10T07:00:00+00:00",
    }


def test_a_month_that_ends_before_a_weekend_is_read_on_the_first_working_day(terms: Terms) -> None:
    """July ended on a Friday."""
    month = pack(
        kind="month", name="2026-07", start="2026-07-01", end="2026-08-01", at=datetime(2026, 8, 1, 6, tzinfo=UTC)
    )
    assert hours(month, terms)["manager:rep-grace"] == "2026-08-03T12:00:00+00:00"
    assert {one.kind for one in decide(State(), [month], terms, now=FROZEN).notices} == {"monthly_review"}


def test_what_was_over_long_ago_is_mailed_to_nobody(terms: Terms) -> None:
    late = pack(at=FROZEN + timedelta(days=8))
    assert list(decide(State(), [late], terms, now=late.recordedtime).notices) == []


def test_a_pack_that_is_told_again_makes_the_same_notices(terms: Terms) -> None:
    ids = [sorted(one.id for one in decide(State(), [pack()], terms, now=FROZEN).notices) for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])


def test_every_kind_of_pack_has_a_rule(terms: Terms) -> None:
    assert [name for name in KINDS.values() if name not in terms.notices.by_kind] == []
    assert {PackFrozen, AnomalySeen} <= HANDLES.keys()


def anomaly(day: str = "2026-08-09", metric: str = "mqls") -> AnomalySeen:
    data = {
        **{"anomaly": f"{metric}/{day}", "kind": "fall", "metric": metric, "day": day, "value": 3.0, "expected": 14.0},
        **{"count": 3, "deviations": 3.7, "weeks": 8, "text": "MQLs fell on Sun 9 Aug: 3 where 14 are usual."},
    }
    return EventBuilder("x").make(AnomalySeen, data, subject=f"anomaly/{metric}/{day}", at=FROZEN)


def test_a_day_that_stands_out_is_told_to_whom_the_agreement_says(terms: Terms) -> None:
    outcome = decide(State(), [anomaly(), anomaly()], terms, now=FROZEN)
    assert sorted({one.recipient for one in outcome.notices}) == ["marketing", "operations", "sales_leadership"]
    assert len(outcome.notices) == 3, "once, by one channel"
    (first, *_) = outcome.notices
    view = NoticeView(
        id=first.id, kind=first.kind, lead=first.lead, about=first.about, recipient=first.recipient,
        payload=first.payload, lead_view=LeadView(), terms=terms, url="http://baton",
    )  # fmt: skip
    shown = message(view)
    assert shown.summary == "MQLs fell on Sun 9 Aug: 3 where 14 are usual."
    assert shown.link == "http://baton/anomalies"


def test_an_old_day_is_no_news_but_where_leads_needed_their_time(terms: Terms) -> None:
    old = (date(2026, 8, 10) - timedelta(days=30)).isoformat()
    assert list(decide(State(), [anomaly(old)], terms, now=FROZEN).notices) == []
    assert list(decide(State(), [anomaly(old, "mql_to_sql")], terms, now=FROZEN).notices) != []


async def test_the_mail_has_the_parts_the_table_and_a_link_to_the_page(
    mail_notifier: Notifier, postbox: Postbox
) -> None:
    mail_notifier.advance(days=8)
    await mail_notifier.read(pack())
    await mail_notifier.deliver()
    assert len(postbox.mails) == 4
    parsed = message_from_bytes(postbox.mails[0], policy=policy.default)
    plain, page = (part.get_content() for part in parsed.iter_parts())
    assert parsed["Subject"] == "Pack 2026-W32"
    assert "MQLs: ✓ 61 (58 agreed)" in plain
    assert "- Campaign campaign-3, MQLs 3" in plain
    assert "/packs/2026-W32" in plain
    assert ">campaign-7<" in page
    assert ">campaign-8<" not in page
    assert "2 more are on the page." in page
    await mail_notifier.deliver()
    assert len(postbox.mails) == 4


def test_a_week_is_news_for_seven_days_after_it_was_over(terms: Terms) -> None:
    """Sunday ended at four in UTC."""
    over = datetime(2026, 8, 10, 4, tzinfo=UTC)
    for late, mailed in ((timedelta(days=7), True), (timedelta(days=7, seconds=1), False)):
        event = pack(at=over + late)
        assert bool(decide(State(), [event], terms, now=event.recordedtime).notices) is mailed
