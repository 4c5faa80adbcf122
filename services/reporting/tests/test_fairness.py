"""Is it fair: the log of picks gives its counts to whoever replays it, and says why a pool is not even."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events import Event
from events.handoffs import LeadAssigned, LeadReturned
from reporting.decide.picks import cause_of, digest_of, marks_of_pick, takes_turn
from reporting.pages.team import log_page
from reporting.pages.team_shapes import bar_parts
from reporting.reports.fairness_words import finding, reason
from reporting.reports.pick_log import chain, log_of, replay, summary_of, summary_of_digests, wrong
from reporting.store.conditions import DatabaseRow, select
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON

from .conftest import History, golden

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
START = datetime(2026, 8, 3, 9, tzinfo=UTC)
REPS = ("rep-kate", "rep-mia")
NAMES = {"rep-kate": "Kate", "rep-mia": "Mia"}


def pick(
    number: int, rep: str = "rep-kate", *, turn: bool = True, credited: bool = False, **more: object
) -> DatabaseRow:
    at = START + timedelta(minutes=number)
    row = {"assignment": f"a{number}", "event": f"handoffs/1/{number}", "pool": "mid-emea", "rep": rep, "at": at}
    ends = {"credited_at": at + timedelta(hours=1) if credited else None}
    return {**row, "version": 1, "rule": "pool", "cause": "turn", "turn": turn, "candidates": [], **ends, **more}


picks = st.builds(pick, st.integers(0, 400), st.sampled_from(REPS), turn=st.booleans(), credited=st.booleans())


@given(st.lists(picks, max_size=30, unique_by=lambda one: one["assignment"]))
def test_who_replays_the_log_gets_the_counts(rows: list[DatabaseRow]) -> None:
    tallies = replay(log_of(rows))
    for rep in REPS:
        mine = [row for row in rows if row["rep"] == rep]
        counts = (len(mine), sum(row["turn"] for row in mine), sum(row["credited_at"] is not None for row in mine))
        tally = tallies.get(("mid-emea", rep))
        assert (tally.picks, tally.turns, tally.credits) == counts if tally else not mine
    assert sum(one.net for one in tallies.values()) == sum(r["turn"] for r in rows) - sum(
        r["credited_at"] is not None for r in rows
    )


@given(st.lists(picks, min_size=1, max_size=12, unique_by=lambda one: one["assignment"]), st.data())
def test_no_entry_can_be_changed_left_out_or_moved(rows: list[DatabaseRow], data: st.DataObject) -> None:
    log = log_of(rows)
    number = data.draw(st.integers(0, len(log) - 1))
    other = "rep-mia" if log[number]["rep"] == "rep-kate" else "rep-kate"
    changed = [*log[:number], {**log[number], "rep": other}, *log[number + 1 :]]
    shorter = log[:number] + log[number + 1 :]
    hashes = {chain(log), chain(changed), chain(shorter)}
    assert len(hashes) == 3
    assert len(chain(log)) == 64
    if len(log) > 1:
        assert chain(list(reversed(log))) != chain(log)
    assert chain(log[1:], chain(log[:1])) == chain(log)  # a longer log goes on where a shorter one ended


CLOSE = st.builds(timedelta, minutes=st.integers(-3, 3))


@given(st.lists(st.tuples(picks, CLOSE), max_size=12, unique_by=lambda one: one[0]["assignment"]))
def test_the_digests_alone_give_the_certificate_of_the_whole_log(rows: list[tuple[DatabaseRow, timedelta]]) -> None:
    """Also when turns are given back at the instants of other picks, or, by the clocks, before their own."""
    offers = [
        {**row, "at": START + timedelta(minutes=number // 3), "credited_at": row["credited_at"] and row["at"] + late}
        for number, (row, late) in enumerate(rows)
    ]
    log = log_of(offers)
    offers.sort(key=lambda one: (one["at"], one["assignment"]))
    back = [one for one in offers if one["credited_at"]]
    read = {
        "pool": "mid-emea",
        "instants": [one["at"] for one in offers],
        "digests": "".join(digest_of(entry) for one in offers for entry in log_of([one]) if entry["kind"] == "pick"),
        "takers": "\n".join(f"{'+' if one['turn'] else '-'}{one['rep']}" for one in offers),
        "past": None,
        "credited": [one["assignment"] for one in back],
        "credited_reps": [one["rep"] for one in back],
        "credited_at": [max(one["at"], one["credited_at"]) for one in back],
    }
    assert summary_of_digests(read if offers else None) == summary_of(log)


def candidate(rep: str, ratio: float, reason: str = "next") -> dict[str, object]:
    able = reason in ("next", "picked")
    return {"rep": rep, "ratio": ratio, "reason": reason, "eligible": able, "last_picked_at": None, "pool": "mid-emea"}


def test_a_pick_past_whose_turn_it_was_is_named() -> None:
    right = pick(1, candidates=[candidate("rep-kate", 3.0, "picked"), candidate("rep-mia", 4.0)])
    past = pick(2, candidates=[candidate("rep-kate", 4.0, "picked"), candidate("rep-mia", 3.0)])
    away = pick(3, candidates=[candidate("rep-kate", 4.0, "picked"), candidate("rep-mia", 3.0, "away")])
    assert wrong(log_of([right, past, away])) == ["a2"]
    called = {**past, "cause": "on_call", "rule": "on_call"}
    assert wrong(log_of([called])) == []


def member(rep: str, net: int, **more: object) -> DatabaseRow:
    one = {"rep": rep, "name": NAMES[rep], "weight": 1.0, "net": net, "picks": net, "by_cause": {}, "outside": 0}
    return {**one, "passed_over": [], **more}


def test_among_equals_who_waited_longest_is_first_and_who_never_had_one_before_all() -> None:
    def table(kate: datetime | None, mia: datetime | None) -> list[dict[str, object]]:
        both = candidate("rep-kate", 3.0, "picked"), candidate("rep-mia", 3.0)
        return [{**one, "last_picked_at": at and at.isoformat()} for one, at in zip(both, (kate, mia), strict=True)]

    later = START + timedelta(hours=1)
    assert wrong(log_of([pick(1, candidates=table(START, later)), pick(2, candidates=table(None, START))])) == []
    assert wrong(log_of([pick(3, candidates=table(later, START)), pick(4, candidates=table(START, None))])) == [
        "a3",
        "a4",
    ]


def test_who_was_picked_could_take_it_and_rows_of_other_pools_are_no_candidates() -> None:
    taken = {**candidate("rep-kate", 3.0, "picked"), "eligible": False}
    assert wrong(log_of([pick(1, candidates=[taken, candidate("rep-mia", 4.0)])])) == []
    elsewhere = {**candidate("rep-mia", 1.0), "pool": "mid-na"}
    (entry,) = log_of([pick(2, candidates=[taken, elsewhere, {**candidate("rep-mia", 5.0), "pool": None}])])
    assert [(one["rep"], one["ratio"]) for one in entry["candidates"]] == [("rep-kate", 3.0), ("rep-mia", 5.0)]


def test_a_credit_comes_after_its_pick_whatever_the_clocks_say() -> None:
    entries = log_of([{**pick(1), "credited_at": START - timedelta(days=1)}])
    assert [(one["kind"], one["at"]) for one in entries] == [
        ("pick", "2026-08-03T09:01:00Z"),
        ("credit", "2026-08-03T09:01:00Z"),
    ]


def test_the_sentence_is_made_of_the_figures() -> None:
    kate, mia = member("rep-kate", 11), member("rep-mia", 11)
    assert finding([kate, mia], REPS) == "Even: round robin 11 : 11."
    assert finding([kate, {**mia, "outside": 4}], REPS) == "Even: round robin 11 : 11; Mia has 4 more beside the turns."
    called = member("rep-kate", 28, by_cause={"on_call": {"turns": 17}})
    assert finding([mia, called], ("rep-kate",)) == (
        "Kate has 17 more than Mia, because only Kate is on call. Turns 28 : 11."
    )
    assert finding([mia, called], REPS) == "Kate has 17 more than Mia, 17 of them on call. Turns 28 : 11."
    skipped = member("rep-mia", 3, passed_over=[{"because": "off_shift", "count": 9}])
    assert finding([kate, skipped], REPS) == (
        "Kate has 8 more than Mia, because Mia was off shift at 9 picks. Turns 11 : 3."
    )
    assert finding([member("rep-kate", 0), member("rep-mia", 0)], REPS) == (
        "No lead came through this pool in these days."
    )


def test_why_a_rep_got_it_is_said_in_words() -> None:
    both = [candidate("rep-kate", 3.0, "picked"), candidate("rep-mia", 3.5)]
    assert reason(pick(1, candidates=both), NAMES) == "Kate's turn: 3 so far, Mia 3.5"
    alone = [candidate("rep-kate", 3.0, "picked"), candidate("rep-mia", 1.0, "off shift")]
    assert reason(pick(1, candidates=alone), NAMES) == "Only Kate could take it: Mia off shift"
    assert reason(pick(1, cause="hand_over", rule="reassigned"), NAMES) == "A manager gave it to Kate"


def test_a_bar_is_as_long_as_its_picks() -> None:
    by_cause = {"on_call": {"picks": 5, "credited": 0}, "turn": {"picks": 15, "credited": 3}}
    turn, call = bar_parts(by_cause, 20, width=200)
    assert (turn["cause"], turn["x"], turn["width"], turn["credited_x"], turn["credited_width"]) == (
        "turn",
        0,
        150,
        120,
        30,
    )
    assert (call["x"], call["width"]) == (150, 50)


def test_a_number_of_a_pool_opens_its_log() -> None:
    assert log_page("/api/picks?from=2026-08-01&pool=mid-na&rep=rep-dan") == "/pools/mid-na?from=2026-08-01&rep=rep-dan"
    assert log_page("/api/picks?pool=-&rep=rep-dan") == "/picks?pool=-&rep=rep-dan"


def ways() -> History:
    """Offers of every cause, and turns that were given back or were not."""
    history, at = golden(), NOON - timedelta(days=3)
    shown = next(one for one in history.events if isinstance(one, LeadAssigned)).data
    more = {"passed": shown.passed, "candidates": shown.candidates, "snapshot": shown.snapshot, "touch": "4bh"}
    rules = (("pool", True), ("on_call", True), ("same_company", True), ("reassigned", True), ("manager", False))
    for number, (rule, turn) in enumerate(rules):
        for rep in ("rep-dan", "rep-elena")[: 1 + number % 2]:
            lead = f"lead-{number}"
            offer = {"assignment": f"{lead}.{rep}", "version": 2, "rep": rep, "rule": rule, "turn": turn}
            history.add(LeadAssigned, lead, at + timedelta(hours=number), {**offer, **more})
            if rule == "on_call":
                back = {"assignment": f"{lead}.{rep}", "rep": rep, "reason": "bad_data", "credited": rep == "rep-dan"}
                history.add(LeadReturned, lead, at + timedelta(hours=number + 1), back)
    again = {"assignment": "lead-5.2", "version": 2, "rep": "rep-dan", "rule": "recycled", "turn": False, "pool": None}
    history.add(LeadAssigned, "lead-5", at, {**again, **more})
    return history


def as_anybody_checks(log: Sequence[object]) -> str:
    """The hash as the report's definition says it, with nothing of ours."""
    link = ""
    for entry in log:
        written = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        link = sha256(f"{link}{sha256(written.encode()).hexdigest()}".encode()).hexdigest()
    return link


async def test_a_certificate_agrees_with_the_counts_and_anybody_can_check_it(
    context: Context, database: Database, fold: Fold, new_house: AsyncClient
) -> None:
    await fold(context, database, ways().events)
    answer = (await new_house.get("/api/fairness?range=30d")).json()
    assert answer["pools"]
    assert all(one["certificate"]["agrees"] for one in answer["pools"])
    pool = next(one for one in answer["pools"] if one["pool"] == "mid-na")
    dan = next(one for one in pool["reps"] if one["rep"] == "rep-dan")
    causes = {cause: one["picks"] for cause, one in dan["by_cause"].items()}
    assert causes == {"turn": 7, "on_call": 1, "same_company": 1, "hand_over": 1, "manager": 1}
    assert (dan["turns"], dan["credited"], dan["net"], dan["outside"]) == (10, 2, 8, 1)
    alone = (await new_house.get("/api/fairness/mid-na?range=30d")).json()
    assert alone["certificate"] == pool["certificate"]
    assert chain(alone["log"]) == alone["certificate"]["hash"]
    assert as_anybody_checks(alone["log"]) == alone["certificate"]["hash"]
    assert {rep: one.picks for (_, rep), one in replay(alone["log"]).items()} == {
        one["rep"]: one["picks"] for one in pool["reps"] if one["picks"]
    }
    assert Counter(one["kind"] for one in alone["log"])["credit"] == sum(one["credited"] for one in pool["reps"])
    assert (await new_house.get("/api/fairness/no-such")).status_code == 404
    file = (await new_house.get("/api/export/fairness.csv?range=30d")).text
    assert pool["certificate"]["hash"] in file
    assert "0 of 1 pools are even, and every log gives its counts" in (await new_house.get("/fairness?range=30d")).text


async def test_a_pool_shows_who_got_which_lead_and_why(
    context: Context, database: Database, fold: Fold, new_house: AsyncClient
) -> None:
    await fold(context, database, ways().events)
    page = (await new_house.get("/pools/mid-na?rep=rep-elena&range=30d")).text
    assert page.count('<details id="pick-') == 2
    assert "A manager gave it to Elena Petrova" in page
    only = (await new_house.get("/pools/mid-na?cause=manager&range=30d")).text
    assert only.count('<details id="pick-') == 1
    assert "Nobody could take it: Dan Kowalski decides" in only
    assert (await new_house.get("/pools/mid-na?cause=nonsense")).status_code == 303
    assert (await new_house.get("/pools")).headers["location"] == "/team"


async def test_history_that_was_imported_is_no_pick(
    context: Context, database: Database, fold: Fold, new_house: AsyncClient
) -> None:
    history = ways()
    await fold(context, database, history.events)
    before = (await new_house.get("/api/fairness/mid-na")).json()["certificate"]
    shown = next(one for one in history.events if isinstance(one, LeadAssigned)).data
    more = {"passed": shown.passed, "candidates": shown.candidates, "snapshot": shown.snapshot, "touch": "4bh"}
    offer = {"assignment": "lead-9.7", "version": 7, "rep": "rep-dan", **more}
    old = history.builder.make(LeadAssigned, offer, subject="lead-9", at=NOON - timedelta(days=1), mode="historical")
    await fold(context, database, [old])
    assert (await new_house.get("/api/fairness/mid-na")).json()["certificate"] == before


_OFFERS = statement("""
    SELECT s.assignment, s.event, s.pool, s.rep, s.at, s.rule, s.turn, s.candidates, s.digest, s.past, s.passed_over,
           coalesce(s.turn, s.rule NOT IN ('on_call', 'manager')) AS took
    FROM assignment s WHERE s.pool IS NOT NULL AND NOT s.historical
""")


async def test_what_an_offer_keeps_of_itself_is_what_its_row_says(
    context: Context, database: Database, fold: Fold, new_house: AsyncClient
) -> None:
    """As a migration makes it of rows that have it not; and a pick past somebody is named without a look at the log."""
    history = ways()
    shown = next(one for one in history.events if isinstance(one, LeadAssigned)).data
    first, second = shown.candidates
    table = (replace(first, ratio=0.1 + 0.2, last_picked_at=NOON, reason="next"), replace(second, reason="off shift"))
    more = {"passed": shown.passed, "snapshot": shown.snapshot, "touch": "4bh", "candidates": table}
    offer = {"assignment": "lead-7.9", "version": 9, "rep": "rep-elena", **more}
    history.add(LeadAssigned, "lead-7", NOON - timedelta(hours=5), offer)
    await fold(context, database, history.events)
    async with database.begin() as tx:
        rows = await select(tx, _OFFERS)
    assert len(rows) > 10
    for row in rows:
        assert marks_of_pick(row) == {name: row[name] for name in ("digest", "past")}
        assert takes_turn(row["pool"], row["rule"], row["turn"]) == row["took"]
        unable = [f"{one['rep']}\n{one['reason']}" for one in row["candidates"] if not one["eligible"]]
        assert (row["passed_over"] or []) == unable
    answer = (await new_house.get("/api/fairness?range=30d")).json()
    for pool in answer["pools"]:
        alone = (await new_house.get(f"/api/fairness/{pool['pool']}?range=30d")).json()
        assert alone["certificate"] == pool["certificate"]
        assert all(one["cause"] == cause_of(one["rule"]) for one in alone["log"] if one["kind"] == "pick")
    assert [name for pool in answer["pools"] for name in pool["certificate"]["wrong"]] == ["lead-7.9"]
    assert "look at the log of" in (await new_house.get("/fairness?range=30d")).text
