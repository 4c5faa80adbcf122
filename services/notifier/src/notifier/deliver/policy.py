"""What an outcome means: the next state of each notice, the event that tells of it, when its place is free again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from events import Cause, Event, Fact
from events.notices import NoticeData, NoticeFailed, NoticeSent, NoticeUnknown
from notifier.channels.base import AnswerLost, Channel, Delivered, Later, NotThere, Rejected, SendOutcome, Stopped
from notifier.decide import Terms, notice_id, other_address
from notifier.deliver.claim import Delivery
from notifier.store.queue import AttemptRecord, DueNotice, OtherWay, Pace


@dataclass(slots=True)
class AttemptResults:
    """What is to be written after attempts: rows of `notice`, events, rows of `pace`."""

    records: list[AttemptRecord] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    """By the id of the notice: one attempt makes one event at most."""
    paces: list[Pace] = field(default_factory=list)
    others: list[OtherWay] = field(default_factory=list)
    """What failed for good by this channel goes by another one."""

    def add(self, more: "AttemptResults") -> None:
        """Appends the results of further attempts."""
        self.records += more.records
        self.facts |= more.facts
        self.paces += more.paces
        self.others += more.others

    def keep(self, ours: Collection[str]) -> None:
        """Leaves nothing of the other notices."""
        self.records = [record for record in self.records if record.id in ours]
        self.facts = {notice: fact for notice, fact in self.facts.items() if notice in ours}
        self.others = [one for one in self.others if one.failed in ours]


@dataclass(frozen=True, slots=True)
class OutcomePolicy:
    """Turns what became of a call into records, events and paces, under the agreement's retry terms."""

    channel: Channel
    terms: Terms
    now: datetime

    def apply(self, delivery: Delivery, outcome: SendOutcome) -> AttemptResults:
        """What is to be written after one call, for each notice that it carried."""
        results = AttemptResults()
        for (row, digest), body in zip(delivery.marks, delivery.bodies, strict=True):
            if row.is_redraw:
                results.records.append(self._redraw(row, body, outcome, removed=delivery.message.removed))
            else:
                self._first_attempt(replace(row, digest=digest), body, outcome, results)
        results.paces.extend(self._paces(delivery, outcome))
        return results

    def doubt_orphans(self, rows: Sequence[DueNotice]) -> AttemptResults:
        """Somebody died between claiming and recording."""
        results = AttemptResults()
        for row in rows:
            self._doubt(replace(row, attempts=row.attempts - 1), None, "the sender died", results)
        return results

    def fail_unreadable(self, rows: Sequence[DueNotice]) -> AttemptResults:
        """Our bug; a card keeps its old look, anything else has failed."""
        results, rejected = AttemptResults(), Rejected("it cannot be rendered")
        for row in rows:
            if row.is_redraw:
                results.records.append(self._redraw(row, None, rejected))
            else:
                self._first_attempt(replace(row, attempts=row.attempts - 1), None, rejected, results)
        return results

    def _redraw(self, row: DueNotice, body: object, outcome: SendOutcome, *, removed: bool = False) -> AttemptRecord:
        """A new look may be tried again; who cannot have it keeps the old one; a card that is gone comes anew."""
        record = AttemptRecord(row.id, row.attempts, "sent", body=body)
        match outcome:
            case Delivered(reference=reference):
                return replace(record, version=row.version, reference=reference)
            case NotThere(error=error) if not removed:
                return replace(record, state="pending", next_at=self.now, body=None, error=error)
            case Rejected(error=error) | NotThere(error=error):
                return replace(record, version=row.version, body=None, error=error)
            case Later(error=error, after=after):
                return replace(record, next_at=self.now + (after or self._wait(1)), body=None, error=error)
        return replace(record, next_at=self.now + self._wait(1), body=None, error=outcome.error)

    def _first_attempt(self, row: DueNotice, body: object, outcome: SendOutcome, results: AttemptResults) -> None:
        record = AttemptRecord(row.id, row.attempts + 1, "pending", body=body)
        match outcome:
            case Delivered(place=place, reference=reference):
                version = None if row.state == "unknown" else row.version
                sent = replace(record, state="sent", version=version, place=place, reference=reference)
                results.records.append(sent)
                data = NoticeSent.Data(**self._data(row), reference=reference, outbox=self.channel.outbox)
                results.facts[row.id] = self._fact(NoticeSent, row, data)
            case AnswerLost(error=error):
                self._doubt(row, body, error, results)
            case Rejected(error=error) | NotThere(error=error):
                self._give_up(row, replace(record, error=error), results)
            case Later(error=error, after=after):
                self._retry(row, replace(record, error=error), after, results)
            case Stopped(error=error):
                self._retry(row, replace(record, error=error), None, results)

    def _retry(self, row: DueNotice, record: AttemptRecord, after: timedelta | None, results: AttemptResults) -> None:
        next_at = self.now + (after or self._wait(record.attempts))
        if next_at > (row.tried_at or self.now) + self.terms.notices.retry.give_up_after.timedelta:
            self._give_up(row, record, results)
        else:
            state = "unknown" if row.state == "unknown" else "pending"
            results.records.append(replace(record, state=state, next_at=next_at))

    def _give_up(self, row: DueNotice, record: AttemptRecord, results: AttemptResults) -> None:
        """What may have arrived stays unknown; the rest has failed, and goes by another channel if there is one."""
        if row.state == "unknown":
            results.records.append(replace(record, state="unknown"))
            return
        results.records.append(replace(record, state="failed"))
        other = other_address(row.recipient, row.channel, self.terms)
        if other:
            channel, address = other
            identity = notice_id(row.lead, row.kind, row.about, channel, row.recipient)
            results.others.append(OtherWay(row.id, identity, channel, address))
        data = NoticeFailed.Data(**self._data(row), error=record.error or "")
        results.facts[row.id] = self._fact(NoticeFailed, row, data)

    def _doubt(self, row: DueNotice, body: object, error: str, results: AttemptResults) -> None:
        next_at = self.now + self._wait(row.attempts + 1)
        results.records.append(
            AttemptRecord(row.id, row.attempts + 1, "unknown", next_at=next_at, lost_answers=1, body=body, error=error)
        )
        results.facts[row.id] = self._fact(NoticeUnknown, row, NoticeUnknown.Data(**self._data(row), error=error))

    def _wait(self, attempts: int) -> timedelta:
        waits = self.terms.notices.retry.waits
        return waits[min(attempts, len(waits)) - 1].timedelta

    def _data(self, row: DueNotice) -> dict[str, Any]:
        return {
            "notice": row.id,
            "kind": row.kind,
            "channel": row.channel,
            "to": row.recipient,
            "assignment": row.assignment,
            "attempt": row.attempts + 1,
            "message": row.digest,
        }

    def _fact(self, event: type[Event], row: DueNotice, data: NoticeData) -> Fact:
        return event.fact(row.lead, data, time=self.now, cause=Cause(row.cause, row.correlation))

    def _paces(self, delivery: Delivery, outcome: SendOutcome) -> list[Pace]:
        """A stop heals by itself: one notice probes it, at ever longer intervals."""
        if self.channel.outbox:
            return []
        name, message = self.channel.name, delivery.message
        address = f"{name}:{message.address}"
        probe = self.now + self._wait(delivery.rows[0].attempts + 1)
        match outcome:
            case Delivered(place=place):
                own_name = place if place != message.address else None
                return [Pace(name, self.now), Pace(address, self.now, provider_place=own_name)]
            case Later(after=after) if after:
                return [Pace(address, self.now + after)]
            case Stopped(error=error, wide=whole_channel):
                return [Pace(name if whole_channel else address, probe, stopped=error)]
        return []
