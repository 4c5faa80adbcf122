"""The wire stays as it is: which members a record has, how each value is written, and that all of it is read back."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from events import Body, Fact, Money
from events.body import OUTSIDE, plain, wire_values
from events.codec import decode, encode
from events.currencies import CURRENCIES
from events.edge import checked
from events.grounds import Snapshot
from events.leads import KnownFact
from events.sales import FeedbackGiven
from events.scores import RouteFacts
from events.topics import TYPES

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
FLOATS = st.floats(-1e9, 1e9).map(lambda value: round(value, 3))
NUMBERS = st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30))])
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001
PLAIN = {
    str: TEXTS, int: NUMBERS, float: FLOATS, bool: st.booleans(), date: st.dates(), type(None): st.none(), Any: JSON
}  # fmt: skip


def values(annotation: object) -> st.SearchStrategy[object]:
    """Anything that a field of this type may hold."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return constrained(arguments[1])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*map(values, arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXTS, JSON, max_size=2)
    if isinstance(annotation, type) and issubclass(annotation, Body):
        return bodies(annotation)
    return PLAIN[annotation]  # type: ignore[index]


def constrained(meta: msgspec.Meta) -> st.SearchStrategy[object]:
    if meta.tz:
        return INSTANTS
    if meta.pattern is not None:
        drawn: st.SearchStrategy[object] = st.sampled_from(sorted(CURRENCIES))
    else:
        drawn = NUMBERS if meta.ge is meta.le is None else st.integers(meta.ge, meta.le)  # type: ignore[arg-type]
    return drawn.filter(lambda value: may_come_in(meta, value))


def may_come_in(meta: msgspec.Meta, value: object) -> bool:
    try:
        rule = (meta.extra or {}).get(OUTSIDE)
        return rule is None or rule(value) == value
    except ValueError:
        return False


def bodies(shape: type[Body]) -> st.SearchStrategy[Body]:
    hints = get_type_hints(shape, include_extras=True)
    names = [field.name for field in msgspec.structs.fields(shape)]
    return st.fixed_dictionaries({name: values(hints[name]) for name in names}).map(lambda some: shape(**some))


def as_v1(value: object) -> object:
    """As all records of v1 are written: a field that is null is left out; everything else is there, defaults too."""
    if isinstance(value, Body):
        return {name: as_v1(one) for name, one in value.values().items() if one is not None}
    return [as_v1(one) for one in value] if isinstance(value, tuple) else value


def line_of_v1(fact: Fact) -> bytes:
    envelope = {
        "type": fact.event.type_name(),
        "subject": fact.subject,
        "id": "x/3/7",
        "specversion": "1.0",
        "source": "test",
        "time": fact.time,
        "recordedtime": NOON,
        "causationid": fact.cause,
        "correlationid": fact.correlation,
        "agreement": None,
        "mode": fact.mode,
    }
    return orjson.dumps({**envelope, "data": as_v1(fact.data)}, option=orjson.OPT_UTC_Z)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@pytest.mark.parametrize("kind", TYPES)
@given(draw=st.data())
def test_a_record_is_written_as_ever_and_read_as_it_was_meant(kind: str, draw: st.DataObject) -> None:
    event = TYPES[kind]
    data = draw.draw(bodies(event.data_type()))
    fact = Fact(event, draw.draw(TEXTS), data, draw.draw(INSTANTS), cause=draw.draw(st.none() | TEXTS))
    line = encode(fact, place="x/3/7", source="test", recorded=NOON, agreement=None)
    assert line == line_of_v1(fact)
    found = decode(line)
    assert type(found) is event
    assert (found.subject, found.time, found.causationid, found.data) == (fact.subject, fact.time, fact.cause, data)
    assert checked(event.data_type(), orjson.loads(line)["data"]) == data
    assert event.data_type().read(wire_values(data)) == data


def test_a_body_is_frozen_hashable_and_equal_by_what_it_holds() -> None:
    one, other = Money(amount=1, currency="EUR"), Money(amount=1, currency="EUR")
    assert (one, hash(one)) == (other, hash(other))
    assert one.replaced(amount=2) == Money(amount=2, currency="EUR")
    with pytest.raises(AttributeError):
        one.amount = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Money(1, "EUR")  # type: ignore[call-arg]


def test_defaults_are_not_shared() -> None:
    shape = TYPES["engagement.recorded.v1"].data_type()
    given = {"kind": "a", "name": "a", "message_id": "a", "channel": "a"}
    one, other = shape(**given), shape(**given)
    one.values()["properties"]["x"] = 1
    assert other.values()["properties"] == {}


def test_all_fields_as_plain_values_with_nulls_or_without() -> None:
    facts = RouteFacts(company="Acme", referral_at=NOON)
    assert plain(facts)["domain"] is None
    assert plain(facts)["referral_at"] == "2026-08-05T12:00:00Z"
    assert wire_values(facts) == {
        **{"company": "Acme", "tech_stack": [], "customer": False, "referral_at": "2026-08-05T12:00:00Z"},
        **{"hard": [], "soft": [], "unclear": []},
    }


def test_pydantic_reads_and_writes_a_body_inside_its_own_models() -> None:
    adapter = TypeAdapter(dict[str, Snapshot | None])
    snapshot = Snapshot(fit=1, engagement=2, total=3, band="warm", facts=RouteFacts(employees=7))
    assert adapter.validate_json(adapter.dump_json({"a": snapshot, "b": None})) == {"a": snapshot, "b": None}
    assert adapter.validate_python({"a": snapshot})["a"] is snapshot
    with pytest.raises(ValidationError) as refusal:
        adapter.validate_python({"a": {"fit": 1, "engagement": 2, "total": "x", "band": "warm"}})
    assert refusal.value.errors()[0]["loc"] == ("a", "total")


@pytest.mark.parametrize(
    ("shape", "given", "where"),
    [
        (FeedbackGiven.Data, {"quality": 11}, "quality"),
        (FeedbackGiven.Data, {"quality": 0}, "quality"),
        (FeedbackGiven.Data, {"quality": 5, "via": "pigeon"}, "via"),
        (KnownFact, {"name": "x", "source": "form", "at": "2026-08-05T12:00:00"}, "at"),
        (KnownFact, {"name": "x", "source": "form"}, "at"),
        (Money, {"amount": 1, "currency": "euro"}, "currency"),
    ],
)
def test_what_comes_from_outside_is_checked(shape: type[Body], given: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        checked(shape, given)
    assert refusal.value.errors()[0]["loc"] == (where,)
    with pytest.raises(ValueError, match=where):
        shape.read(given)
