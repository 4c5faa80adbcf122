"""The contract of the house: examples parse for ever, schemas are committed, an unannounced change is caught."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from events import Fact
from events.codec import Unreadable, decode, encode, head
from events.leads import Known, LeadUpdated
from events.schemas import ASYNCAPI, EXAMPLES, SCHEMAS, breaking, differences, generated
from events.scores import LeadCooled
from events.topics import FLOW, TYPES
from events.upcast import upcast

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
FILES = sorted(EXAMPLES.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_example_ever_written_still_parses(path: Path) -> None:
    event = decode(orjson.dumps(orjson.loads(path.read_bytes())))
    assert event is not None
    assert event.subject


def test_every_type_has_an_example_and_a_schema() -> None:
    assert {path.stem for path in FILES} >= set(TYPES)
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(TYPES)
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
    old = LeadCooled.model_json_schema()
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


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[1]", b"7", b'{"type":"x"}', b"null"])
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


def test_a_fact_inherits_mode_and_correlation_from_its_cause() -> None:
    cause = decode(orjson.dumps(orjson.loads((EXAMPLES / "lead.scored.v1.json").read_bytes())))
    assert cause is not None
    fact: Fact = LeadCooled.fact("x", LeadCooled.Data(total=1, reason=""), time=NOON, cause=cause)
    assert (fact.cause, fact.correlation, fact.mode) == (cause.id, cause.correlationid, cause.mode)


def test_what_may_be_null_may_be_absent() -> None:
    """Nulls are left out of the wire; a reader that insisted on one would bury the whole lead."""
    insists = [
        (model.__qualname__, name)
        for model in sorted(_shapes([kind.model_fields["data"].annotation for kind in TYPES.values()]), key=str)
        for name, field in model.model_fields.items()
        if field.is_required() and _takes_null(field)
    ]
    assert insists == []


def test_a_withdrawn_fact_is_read_as_it_was_said() -> None:
    known = Known(name="title", value=None, source="crm", at=NOON)
    fact = LeadUpdated.fact("lead-1", LeadUpdated.Data(facts=(known,)), time=NOON)
    found = decode(encode(fact, place="leads/3/7", source="ingest", recorded=NOON, agreement="abc"))
    assert isinstance(found, LeadUpdated)
    assert found.data.facts == (known,)


def _shapes(annotations: Sequence[object]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    left = list(annotations)
    while left:
        one = left.pop()
        left.extend(get_args(one))
        if isinstance(one, type) and issubclass(one, BaseModel) and one not in found:
            found.add(one)
            left.extend(field.annotation for field in one.model_fields.values())
    return found


def _takes_null(field: FieldInfo) -> bool:
    try:
        TypeAdapter(field.annotation or type(None)).validate_python(None)
    except ValidationError:
        return False
    return True
