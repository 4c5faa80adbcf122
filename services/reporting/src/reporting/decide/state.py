"""All read models together: rows by key, table by table."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from reporting.decide.rows import Entry, Key, Person, Place, Row, Standing, Story, Touch
from reporting.decide.work_rows import (
    Answer,
    Assignment,
    Clock,
    Commitment,
    Content,
    Deal,
    Notice,
    Remark,
    Spend,
)


@dataclass(slots=True)
class Model:
    """Rows by key, table by table. Both what was loaded and what is to be saved."""

    person: dict[Key, Person] = field(default_factory=dict)
    touch: dict[Key, Touch] = field(default_factory=dict)
    story: dict[Key, Story] = field(default_factory=dict)
    standing: dict[Key, Standing] = field(default_factory=dict)
    place: dict[Key, Place] = field(default_factory=dict)
    entry: dict[Key, Entry] = field(default_factory=dict)
    assignment: dict[Key, Assignment] = field(default_factory=dict)
    answer: dict[Key, Answer] = field(default_factory=dict)
    deal: dict[Key, Deal] = field(default_factory=dict)
    remark: dict[Key, Remark] = field(default_factory=dict)
    clock: dict[Key, Clock] = field(default_factory=dict)
    commitment: dict[Key, Commitment] = field(default_factory=dict)
    notice: dict[Key, Notice] = field(default_factory=dict)
    spend: dict[Key, Spend] = field(default_factory=dict)
    content: dict[Key, Content] = field(default_factory=dict)

    def tables(self) -> Mapping[str, dict[Key, Any]]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


ROWS: dict[str, type[Row]] = {
    row.__name__.lower(): row
    for row in (
        Person,
        Touch,
        Story,
        Standing,
        Place,
        Entry,
        Assignment,
        Answer,
        Deal,
        Remark,
        Clock,
        Commitment,
        Notice,
        Spend,
        Content,
    )
}
"""Row type of each table."""
