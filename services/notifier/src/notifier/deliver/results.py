"""What an outcome means: the next state of each notice, what is said about it, and when its place may be used again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agreement.notices import Retry
from events import Event, Fact
from events.notices import NoticeData, NoticeFailed, NoticeSent, NoticeUnknown
from notifier.channels.outcome import Channel, Later, Lost, Outcome, Refused, Sent, Stopped
from notifier.deliver.claim import Parcel
from notifier.store.queue import Pace, Record, Row


@dataclass(slots=True)
class Results:
    records: list[Record] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    paces: list[Pace] = field(default_factory=list)

    def add(self, more: "Results") -> None:
        self.records += more.records
        self.facts += more.facts
        self.paces += more.paces


@dataclass(frozen=True, slots=True)
class Judge:
    """Under the agreement's retry terms."""

    channel: Channel
    retry: Retry
    now: datetime

    def results(self, parcel: Parcel, outcome: Outcome) -> Results:
        found = Results()
        for row, kept in zip(parcel.rows, parcel.kept, strict=True):
            if row.drawn:
                found.records.append(self._redrawn(row, kept, outcome))
            else:
                self._first(row, kept, outcome, found)
        found.paces.extend(self._paces(parcel, outcome))
        return found

    def lost(self, rows: Sequence[Row]) -> Results:
        """Somebody died between claiming and recording."""
        found = Results()
        for row in rows:
            self._doubt(replace(row, attempts=row.attempts - 1), None, "the sender died", found)
        return found

    def unreadable(self, rows: Sequence[Row]) -> Results:
        """Our bug; a card keeps its old look, anything else has failed."""
        found, refused = Results(), Refused("it cannot be rendered")
        for row in rows:
            if row.drawn:
                found.records.append(self._redrawn(row, None, refused))
            else:
                self._first(replace(row, attempts=row.attempts - 1), None, refused, found)
        return found

    def _redrawn(self, row: Row, kept: object, outcome: Outcome) -> Record:
        """A new look may be tried again freely; who cannot have it keeps the old one."""
        record = Record(row.id, row.attempts, "sent", body=kept)
        match outcome:
            case Sent(reference=reference):
                return replace(record, shown=row.wanted, reference=reference)
            case Refused(error=error):
                return replace(record, shown=row.wanted, body=None, error=error)
            case Later(error=error, after=after):
                return replace(record, next_at=self.now + (after or self._wait(1)), body=None, error=error)
        return replace(record, next_at=self.now + self._wait(1), body=None, error=outcome.error)

    def _first(self, row: Row, kept: object, outcome: Outcome, found: Results) -> None:
        record = Record(row.id, row.attempts + 1, "pending", body=kept)
        match outcome:
            case Sent(place=place, reference=reference):
                shown = None if row.state == "unknown" else row.wanted
                sent = replace(record, state="sent", shown=shown, place=place, reference=reference)
                found.records.append(sent)
                data = self._data(row)
                said = NoticeSent.Data(**data, reference=reference, outbox=self.channel.outbox)
                found.facts.append(self._fact(NoticeSent, row, said))
            case Lost(error=error):
                self._doubt(row, kept, error, found)
            case Refused(error=error):
                self._give_up(row, replace(record, error=error), found)
            case Later(error=error, after=after):
                self._again(row, replace(record, error=error), after, found)
            case Stopped(error=error):
                self._again(row, replace(record, error=error), None, found)

    def _again(self, row: Row, record: Record, after: timedelta | None, found: Results) -> None:
        next_at = self.now + (after or self._wait(record.attempts))
        if next_at > (row.tried_at or self.now) + timedelta(seconds=self.retry.give_up_after.seconds):
            self._give_up(row, record, found)
        else:
            state = "unknown" if row.state == "unknown" else "pending"
            found.records.append(replace(record, state=state, next_at=next_at))

    def _give_up(self, row: Row, record: Record, found: Results) -> None:
        """What may have arrived stays unknown; the rest has failed."""
        if row.state == "unknown":
            found.records.append(replace(record, state="unknown"))
            return
        found.records.append(replace(record, state="failed"))
        said = NoticeFailed.Data(**self._data(row), error=record.error or "")
        found.facts.append(self._fact(NoticeFailed, row, said))

    def _doubt(self, row: Row, kept: object, error: str, found: Results) -> None:
        next_at = self.now + self._wait(row.attempts + 1)
        found.records.append(
            Record(row.id, row.attempts + 1, "unknown", next_at=next_at, lost=1, body=kept, error=error)
        )
        found.facts.append(self._fact(NoticeUnknown, row, NoticeUnknown.Data(**self._data(row), error=error)))

    def _wait(self, attempts: int) -> timedelta:
        waits = self.retry.waits
        return timedelta(seconds=waits[min(attempts, len(waits)) - 1].seconds)

    def _data(self, row: Row) -> dict[str, object]:
        return {
            "notice": row.id,
            "kind": row.kind,
            "channel": row.channel,
            "to": row.recipient,
            "assignment": row.assignment,
            "attempt": row.attempts + 1,
        }

    def _fact(self, event: type[Event], row: Row, data: NoticeData) -> Fact:
        return replace(event.fact(row.lead, data, time=self.now), cause=row.cause, correlation=row.correlation)

    def _paces(self, parcel: Parcel, outcome: Outcome) -> list[Pace]:
        """A stop heals by itself: one notice probes it, at ever longer intervals."""
        if self.channel.outbox:
            return []
        name, letter = self.channel.name, parcel.letter
        address = f"{name}:{letter.address}"
        probe = self.now + self._wait(parcel.rows[0].attempts + 1)
        match outcome:
            case Sent(place=place):
                wide = [Pace(name, self.now)]
                return [*wide, Pace(address, self.now, found=place if place != letter.address else None)]
            case Later(after=after) if after:
                return [Pace(address, self.now + after)]
            case Stopped(error=error, wide=wide_):
                return [Pace(name if wide_ else address, probe, stopped=error)]
        return []
