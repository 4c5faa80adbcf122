"""The contract of the house: examples parse for ever, schemas are committed, an unannounced change is caught."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import FieldInfo, fields

from events import Body, Fact
from events.codec import NewerVersion, Unreadable, decode, encode, head
from events.leads import KnownFact, LeadUpdated
from events.schemas import ASYNCAPI, EXAMPLES, SCHEMAS, breaking, differences, generated, json_schema
from events.scores import LeadCooled, LeadScored, ScoreLine, standing_after
from events.topics import FLOW, OLDER, TYPES
from events.upcast import UPCASTERS, is_newer, newest, upcast, with_older

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
FILES = sorted(EXAMPLES.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_example_ever_written_still_parses(path: Path) -> None:
    event = decode(orjson.dumps(orjson.loads(path.read_bytes())))
    assert event is not None
    assert event.subject


def test_every_type_has_an_example_and_a_schema() -> None:
    assert {path.stem for path in FILES} >= {*TYPES, *OLDER}
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {*TYPES, *OLDER}
    assert {path.stem for path in ASYNCAPI.glob("*.json")} == set(FLOW)


def test_the_committed_contract_is_that_of_the_code() -> None:
    assert differences(generated()) == [], "run `make schemas` and commit the difference"


def test_a_changed_contract_is_caught(tmp_path: Path) -> None:
    path = SCHEMAS / "lead.cooled.v1.json"
    assert differences({path: path.read_bytes() + b" "}) == ["schemas/lead.cooled.v1.json: differs from the code"] + [
        f"schemas/{other.name}: no such type any more; types are for ever"
        for other in sorted(SCHEMAS.glob("*.json"))
        if other != path
    ]


def test_an_optional_field_may_be_added_and_nothing_else() -> None:
    old = json_schema(LeadCooled)
    assert breaking(old, old) == []
    more = orjson.loads(orjson.dumps(old))
    data = more["$defs"]["Data"]
    data["properties"]["mood"] = {"type": "string"}
    assert breaking(old, more) == []
    data["required"].append("mood")
    assert breaking(old, more) == ["/data/mood: became required"]
    data["required"].remove("mood")
    data["properties"]["total"] = {"type": "string"}
    assert breaking(old, more) == ["/data/total: was integer, is string"]
    del data["properties"]["total"]
    assert breaking(old, more) == ["/data/total: was removed"]


@given(subject=st.text(min_size=1), reason=st.text(), total=st.integers(-100, 200))
def test_what_is_encoded_is_decoded_and_its_head_is_read_without_the_rest(
    subject: str, reason: str, total: int
) -> None:
    data = LeadCooled.Data(total=total, reason=reason)
    fact = LeadCooled.fact(subject, data, time=NOON)
    line = encode(fact, place="scores/3/7", source="scoring", recorded=NOON, agreement="abc")
    assert b"\n" not in line
    found = decode(line)
    assert isinstance(found, LeadCooled)
    assert (found.subject, found.data) == (subject, data)
    assert head(line) == head(orjson.dumps(dict(reversed(orjson.loads(line).items()))))


def test_a_known_type_that_does_not_parse_names_the_field() -> None:
    line = orjson.dumps({**orjson.loads((EXAMPLES / "lead.cooled.v1.json").read_bytes()), "data": {"total": "x"}})
    with pytest.raises(Unreadable, match=r"lead\.cooled\.v1 at data\.total"):
        decode(line)


@pytest.mark.parametrize("wrong", [{"mode": "secret@x.com"}, {"time": "secret@x.com"}, {"data": "secret@x.com"}])
def test_a_reason_holds_no_value(wrong: dict[str, str]) -> None:
    line = orjson.dumps({**orjson.loads((EXAMPLES / "lead.cooled.v1.json").read_bytes()), **wrong})
    with pytest.raises(Unreadable) as refusal:
        decode(line)
    assert "secret" not in str(refusal.value)
    assert f"lead.cooled.v1 at {next(iter(wrong))}" in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("value", [True, 1, "7", 1.5, None, [1]])
def test_no_value_is_made_into_another(value: object) -> None:
    line = orjson.dumps(
        {**orjson.loads((EXAMPLES / "lead.cooled.v1.json").read_bytes()), "data": {"total": 1, "reason": value}}
    )
    if isinstance(value, str):
        assert decode(line) is not None
    else:
        with pytest.raises(Unreadable, match=r"data\.reason: Expected `str`"):
            decode(line)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b"[1]", b"7", b'{"type":"x"}', b"null", b'{"type":[],"subject":"x","id":"x"}']
)
def test_bytes_that_are_no_event_are_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        head(raw)


def test_an_unknown_type_is_none_and_a_newer_field_is_ignored() -> None:
    example = orjson.loads((EXAMPLES / "lead.cooled.v1.json").read_bytes())
    assert decode(orjson.dumps({**example, "type": "lead.enlightened.v1"})) is None
    assert decode(orjson.dumps({**example, "data": {**example["data"], "mood": "good"}, "flavour": 1})) is not None


def test_old_versions_are_walked_up_to_the_newest() -> None:
    steps = {
        "a.v1": lambda e: {**e, "type": "a.v2", "data": {"n": e["data"]["m"]}},
        "a.v2": lambda e: {**e, "type": "a.v3", "data": {"n": e["data"]["n"] + 1}},
    }
    assert upcast({"type": "a.v1", "data": {"m": 1}}, steps) == {"type": "a.v3", "data": {"n": 2}}
    assert with_older(["a.v3", "b.v1"], steps) == {"a.v1", "a.v2", "a.v3", "b.v1"}


def test_an_old_record_is_read_as_its_newest_version() -> None:
    class Cooled(LeadCooled):
        """What cooled calls its total anew in the next version."""

        class Data(Body):
            points: int
            reason: str

        type: Literal["lead.cooled.v2"] = "lead.cooled.v2"  # type: ignore[assignment]
        data: Data  # type: ignore[assignment]

    def step(event: dict[str, object]) -> dict[str, object]:
        data = event["data"]
        assert isinstance(data, dict)
        return {**event, "type": "lead.cooled.v2", "data": {"points": data["total"], "reason": data["reason"]}}

    example, steps = (EXAMPLES / "lead.cooled.v1.json").read_bytes(), {"lead.cooled.v1": step}
    found = decode(orjson.dumps(orjson.loads(example)), {"lead.cooled.v2": Cooled}, steps)
    assert isinstance(found, Cooled)
    assert (found.type, found.data.points) == ("lead.cooled.v2", orjson.loads(example)["data"]["total"])
    wrong = orjson.dumps({**orjson.loads(example), "data": {"total": "x", "reason": ""}})
    with pytest.raises(Unreadable, match=r"data\.points"):
        decode(wrong, {"lead.cooled.v2": Cooled}, steps)


def test_a_known_name_in_a_newer_version_is_not_an_unknown_one() -> None:
    example = orjson.loads((EXAMPLES / "lead.cooled.v1.json").read_bytes())
    newer = orjson.dumps({**example, "type": "lead.cooled.v2", "data": {"points": 7}})
    assert head(newer).type == "lead.cooled.v2"
    with pytest.raises(NewerVersion, match=r"lead\.cooled\.v2"):
        decode(newer)
    assert decode(orjson.dumps({**example, "type": "lead.enlightened.v2"})) is None
    known = newest(["a.b.v1", "a.b.v3", "c"])
    assert known == {"a.b": 3, "c": 0}
    newer_kinds = [kind for kind in ("a.b.v1", "a.b.v3", "a.b.v4", "a.b.v10", "x.v9", "c", "") if is_newer(kind, known)]
    assert newer_kinds == ["a.b.v4", "a.b.v10"]


def test_a_reader_may_read_just_the_fields_it_decides_on() -> None:
    class Standing(Body):
        """The total of a score and the gate, and nothing of the rest."""

        class Data(Body):
            class Gate(Body):
                passed: bool

            total: int
            gate: Gate

        subject: str
        data: Data

    raw = orjson.dumps(orjson.loads((EXAMPLES / "lead.scored.v2.json").read_bytes()))
    whole, narrow = decode(raw), decode(raw, {"lead.scored.v2": Standing})
    assert isinstance(whole, LeadScored)
    assert narrow == Standing(
        subject=whole.subject,
        data=Standing.Data(total=whole.data.total, gate=Standing.Data.Gate(passed=whole.data.gate.passed)),
    )


def test_every_older_version_has_a_step_and_is_read_by_whoever_reads_the_newest() -> None:
    assert set(OLDER) == set(UPCASTERS)
    assert set(OLDER) <= with_older(TYPES)
    assert with_older(["lead.cooled.v1"]) == {"lead.cooled.v1"}


def test_a_standing_of_the_first_version_is_a_whole_one_to_begin_anew_from() -> None:
    event = decode((EXAMPLES / "lead.scored.v1.json").read_bytes())
    assert isinstance(event, LeadScored)
    data = event.data
    assert (data.was, data.lines, data.total, data.reason) == (None, None, 95, "engagement")
    assert data.standing is not None
    assert standing_after(None, data) == data.standing
    assert (data.standing.total, data.standing.facts.company) == (95, "Brightpath")


def test_differences_add_up_to_a_standing_for_whoever_has_had_a_whole_one() -> None:
    event = decode((EXAMPLES / "lead.scored.v2.json").read_bytes())
    assert isinstance(event, LeadScored)
    line = ScoreLine(rule="blog_read", points=5, because="blog", at=NOON)
    news = event.data.replaced(was=95, total=100, engagement=55, lines=(line,) * 15, signals=None, standing=None)
    assert standing_after(None, news) is None, "who begins in the middle waits"
    known = standing_after(standing_after(None, event.data), news)
    assert known is not None
    assert (known.total, known.engagement, known.fit_lines) == (100, 55, event.data.standing.fit_lines)  # type: ignore[union-attr]
    assert [line.rule for line in known.engagement_lines] == ["blog_read"] * 15 + ["pool"]
    later = standing_after(known, news.replaced(signals=()))
    assert later is not None
    assert (len(known.signals), later.signals, len(later.engagement_lines)) == (1, (), 20)


def test_a_fact_inherits_mode_and_correlation_from_its_cause() -> None:
    cause = decode(orjson.dumps(orjson.loads((EXAMPLES / "lead.scored.v1.json").read_bytes())))
    assert cause is not None
    fact: Fact = LeadCooled.fact("x", LeadCooled.Data(total=1, reason=""), time=NOON, cause=cause)
    assert (fact.cause, fact.correlation, fact.mode) == (cause.id, cause.correlationid, cause.mode)


def test_what_may_be_null_may_be_absent() -> None:
    """Nulls are left out of the wire; a reader that insisted on one would dead-letter the whole lead."""
    insists = [
        (model.__qualname__, field.name)
        for model in sorted(_shapes([kind.data_type() for kind in TYPES.values()]), key=str)
        for field in fields(model)
        if field.required and _takes_null(field)
    ]
    assert insists == []


def test_a_withdrawn_fact_is_read_as_it_was_said() -> None:
    known = KnownFact(name="title", value=None, source="crm", at=NOON)
    fact = LeadUpdated.fact("lead-1", LeadUpdated.Data(facts=(known,)), time=NOON)
    found = decode(encode(fact, place="leads/3/7", source="ingest", recorded=NOON, agreement="abc"))
    assert isinstance(found, LeadUpdated)
    assert found.data.facts == (known,)


def _shapes(annotations: Sequence[object]) -> set[type[Body]]:
    found: set[type[Body]] = set()
    left = list(annotations)
    while left:
        one = left.pop()
        left.extend(get_args(one))
        if isinstance(one, type) and issubclass(one, Body) and one not in found:
            found.add(one)
            left.extend(field.type for field in fields(one))
    return found


def _takes_null(field: FieldInfo) -> bool:
    try:
        msgspec.convert(None, field.type)
    except msgspec.ValidationError:
        return False
    return True
