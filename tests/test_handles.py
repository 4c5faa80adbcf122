"""The tables of the folds against the map: nobody handles what it does not read, and nothing is handled by nobody."""

from collections.abc import Collection, Mapping
from importlib import import_module

from events import Event
from events.topics import FLOW, TOPICS, TYPES, Topic, reads
from runtime.schema_names import schema_of
from runtime.values import Key

READERS = tuple(name for name in FLOW if reads(name))


def tables() -> dict[str, Collection[Key]]:
    return {name: import_module(f"{schema_of(name)}.decide").HANDLES for name in READERS}


def strangers(tables: Mapping[str, Collection[Key]]) -> list[str]:
    """Events that a service handles although it reads none of their topics."""
    return [
        f"{name} handles {key.type_name()}"
        for name, table in tables.items()
        for key in table
        if not isinstance(key, str) and key.topic not in reads(name)
    ]


def orphans(tables: Mapping[str, Collection[Key]], topics: Collection[Topic]) -> list[str]:
    """Events that no reader of their topic handles, and those that the reports do not show."""
    missing = []
    for topic in topics:
        for event in topic.events:
            if not any(event in tables[reader] for reader in topic.readers if reader != "reporting"):
                missing += [] if _for_reports_only(event) else [f"{event.type_name()} is handled by nobody"]
            if "reporting" in topic.readers and event not in tables["reporting"]:
                missing.append(f"{event.type_name()} is not shown by reporting")
    return missing


def _for_reports_only(event: type[Event]) -> bool:
    """What only the reports are made from."""
    return event.type_name() in {
        *("spend.recorded.v1", "handoff.withheld.v1", "partner.noted.v1", "deal.owned.v1"),
        *("status_update.judged.v1", "mail.sent.v1", "assessment.answered.v1"),
        *("content.requested.v1", "lookup.failed.v1", "content.rated.v1", "action.item.v1", "pack.opened.v1"),
    }


def test_a_service_handles_only_what_it_reads() -> None:
    assert strangers(tables()) == []


def test_every_type_is_handled_by_a_reader_and_shown() -> None:
    assert orphans(tables(), TOPICS.values()) == []


def test_a_type_nobody_handles_is_noticed() -> None:
    without = {name: [key for key in table if key is not TYPES["deal.won.v1"]] for name, table in tables().items()}
    assert orphans(without, TOPICS.values()) == [
        "deal.won.v1 is handled by nobody",
        "deal.won.v1 is not shown by reporting",
    ]
    assert strangers({"scoring": [TYPES["deal.won.v1"]]}) == ["scoring handles deal.won.v1"]
