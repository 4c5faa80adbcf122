"""Checks that the edges share: data must have the shape of its event, and name reps and reasons of the agreement."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from fastapi import Request
from pydantic import ValidationError

from agreement import Agreement
from agreement.months import midnight
from agreement.people import People
from agreement.routing import RejectReason
from events import Body, Event
from events.body import fields_of
from events.deals import DealLost
from events.edge import checked
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven, LeadSalesDisqualified, SalesRejected
from events.sales_data import SalesData
from events.vocabulary import Money
from ingest.api.bodies import parsed, unpacked
from ingest.api.invalid_input import InvalidInput, check_lengths, in_bounds
from ingest.api.teamwork import teamwork_values
from ingest.decide import Vocabulary, instant, lead_id, normalise
from ingest.decide.submissions import LONGEST_ID, account_key
from ingest.decide.times import names_a_day
from runtime.database.fates import is_transient
from runtime.errors import InputProblem, Refused
from runtime.http.access import Caller, require
from runtime.http.problems import Malformed, Overloaded, pointer

LARGEST: Final = 1024 * 1024
EXACT: Final = 2**53
"""From here on numbers with a point, as which JSON is read where they are too large, skip whole numbers."""
MOST_MONEY: Final = 10**15
"""Minor units: sums of it still fit the database's numbers."""


class Checks:
    """The agreement as the edges see it."""

    def __init__(self, agreement: Agreement) -> None:
        self.people = People(agreement.teams)
        self.vocabulary = Vocabulary.of(agreement)
        self._zone = agreement.definitions.house.zone
        self.kinds = agreement.events.by_kind
        self.company_events = agreement.definitions.company_events
        self.questions = agreement.definitions.self_assessment
        self.partners = tuple(one.id for one in agreement.teams.partners)
        self.channels = tuple(one.channel for one in agreement.routing.channels)
        self.reject_reasons: dict[str, RejectReason] = {
            reason.reason: reason for reason in agreement.routing.reject_reasons if reason.chosen_by_rep
        }
        self._scale = agreement.definitions.lead_quality
        self._regions = tuple(region.name for region in agreement.routing.regions)
        self._reasons: dict[type[Event], tuple[str, ...]] = {
            SalesRejected: tuple(self.reject_reasons),
            DealLost: agreement.definitions.lost_reasons,
            LeadSalesDisqualified: agreement.definitions.disqualified_reasons,
        }

    def rep(self, name: object, where: str) -> str | None:
        """Rep id or e-mail to rep id; None stays None. Raises InvalidInput for a stranger."""
        if name is None:
            return None
        person = self.people.rep(self.people.rep_of_email(name) or name) if isinstance(name, str) else None
        if person is None:
            raise InvalidInput(where, f"{name!r} is no rep of chapter teams"[:200])
        return person.id

    def data(self, event: type[Event], given: Mapping[str, Any], where: str) -> Body:
        """The event's own data; its rep and its reason are looked up. Raises InvalidInput at the first wrong spot."""
        shape = event.data_type()
        values = dict(given)
        for field in ("by", "rep", "to"):
            if field in fields_of(shape) and field in values:
                values[field] = self.rep(values[field], f"{where}/{field}")
        if names_a_day(values.get("paid_at")):
            values["paid_at"] = self.moment(values["paid_at"], f"{where}/paid_at")
        try:
            data = checked(shape, values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise InvalidInput(where + pointer(first["loc"]), first["msg"]) from None
        for field in fields_of(shape):
            money = getattr(data, field)
            if isinstance(money, Money) and abs(money.amount) >= MOST_MONEY:
                raise InvalidInput(f"{where}/{field}/amount", "is more than any amount of money")
        self._reason(event, values, where)
        if isinstance(data, ContactAttempted.Data | ContactConnected.Data) and data.channel is not None:
            self._channel(data.channel, where)
        if isinstance(data, FeedbackGiven.Data):
            self._rating(data.quality, where)
        return data

    def sales_data(self, event: type[Event], given: Mapping[str, Any], where: str) -> SalesData:
        """The same for an event of topic sales; its texts must have a bearable length.

        A word that names nobody is no deal and no account, and no record.
        """
        named = {**_deal_id(given, where), **_account(given, where)}
        for field, name in named.items():
            if self.vocabulary.names_nobody(name):
                raise InvalidInput(f"{where}/{field}", f"{name!r} names no {field}")
        record = _record(given)
        if record and self.vocabulary.names_nobody(record["record"] or ""):
            record = {"record": None}
        teamwork = teamwork_values(event, given, where, self)
        data = self.data(event, {**given, **named, **record, **teamwork}, where)
        assert isinstance(data, SalesData)  # noqa: S101
        check_lengths(data, where)
        return data

    def moment(self, value: object, where: str) -> datetime | None:
        """Like `moment`; a date without a time means the last second of that day in the house's zone."""
        end = self.day_end(value, where)
        return end - timedelta(seconds=1) if end and names_a_day(value) else end

    def day_begin(self, value: object, where: str) -> datetime | None:
        """Like `moment`; a date without a time means the instant at which it begins in the house's zone."""
        return self._midnight(value, 0, where) if names_a_day(value) else moment(value, where)

    def day_end(self, value: object, where: str) -> datetime | None:
        """Like `moment`; a date without a time means the instant at which it is over in the house's zone."""
        return self._midnight(value, 1, where) if names_a_day(value) else moment(value, where)

    def _midnight(self, value: object, later: int, where: str) -> datetime:
        try:
            return midnight(date.fromisoformat(str(value).strip()) + timedelta(days=later), self._zone)
        except (ValueError, OverflowError):
            raise InvalidInput(where, "is no day of the calendar") from None

    def _channel(self, channel: str, where: str) -> None:
        if channel not in self.channels:
            raise InvalidInput(f"{where}/channel", f"must be one of {', '.join(self.channels)}")

    def _rating(self, quality: int, where: str) -> None:
        scale = self._scale
        if not scale.worst <= quality <= scale.best:
            raise InvalidInput(f"{where}/quality", f"must be {scale.worst} to {scale.best}")

    def _reason(self, event: type[Event], values: Mapping[str, Any], where: str) -> None:
        allowed = self._reasons.get(event)
        if allowed is None:
            return
        reason = values.get("reason")
        if reason not in allowed:
            raise InvalidInput(f"{where}/reason", f"must be one of {', '.join(allowed)}")
        note = values.get("note")
        text = note.strip() if isinstance(note, str) else note
        if event is SalesRejected and self.reject_reasons[str(reason)].text_required and not text:
            raise InvalidInput(f"{where}/note", f"the reason {reason} needs a few words")
        if event is SalesRejected:
            self._consequence(self.reject_reasons[str(reason)], values, where)

    def _consequence(self, reason: RejectReason, values: Mapping[str, Any], where: str) -> None:
        """A record and a region belong to the reasons that lead there."""
        for field, then in (("record", "merge"), ("region", "reroute")):
            if values.get(field) is not None and reason.then != then:
                named = [one.reason for one in self.reject_reasons.values() if one.then == then]
                raise InvalidInput(f"{where}/{field}", f"goes with the reason {' or '.join(named)}")
        if values.get("region") not in (None, *self._regions):
            raise InvalidInput(f"{where}/region", f"must be one of {', '.join(self._regions)}")


def _deal_id(given: Mapping[str, Any], where: str) -> dict[str, str]:
    """The id of the deal as text: other systems number their deals.

    Raises InvalidInput for a blank or too long one, and for a number that lost digits on its way: it is another deal's.
    """
    deal = given.get("deal")
    if isinstance(deal, float) and abs(deal) >= EXACT:
        raise InvalidInput(f"{where}/deal", "is too large a number to be read to its last digit: send it as text")
    if isinstance(deal, float) and deal.is_integer():
        deal = int(deal)
    if isinstance(deal, bool) or not isinstance(deal, int | str):
        return {}
    return {"deal": in_bounds(str(deal).strip(), f"{where}/deal")}


def _record(given: Mapping[str, Any]) -> dict[str, str | None]:
    """The record by the id of a lead, where it is named by an address; a deal's id stays as it is, numbers as text."""
    record = given.get("record")
    if isinstance(record, bool) or not isinstance(record, int | str):
        return {}
    email = normalise(record)
    return {"record": lead_id(email) if email else str(record).strip()}


def _account(given: Mapping[str, Any], where: str) -> dict[str, str]:
    """The account as facts write it (`account_key`). Raises InvalidInput for a blank or too long one."""
    account = given.get("account")
    if not isinstance(account, str):
        return {}
    return {"account": in_bounds(account_key(account), f"{where}/account")}


def moment(value: object, where: str) -> datetime | None:
    """None when absent; an instant of RFC 3339 otherwise. Raises InvalidInput."""
    when = instant(value)
    if value is not None and when is None:
        raise InvalidInput(where, "must be an instant such as 2026-08-05T12:00:00Z")
    return when


def import_name(request: Request) -> str | None:
    """The name of the import that a request is part of (`?import=crm-2026`): old news is listed by it."""
    return request.query_params.get("import", "").strip()[:LONGEST_ID] or None


async def json_body(request: Request) -> Any:
    """JSON whatever the content type says; gzip understood."""
    raw = await request.body()
    return parsed(unpacked(raw, request.headers.get("content-encoding", ""), LARGEST))


def allow(scope: str) -> Callable[[Request], Awaitable[Caller]]:
    """`require(scope)`, with a database that is away answered as such."""
    admitted = require(scope)

    async def caller(request: Request) -> Caller:
        try:
            return await admitted(request)
        except Refused:
            raise
        except Exception as error:
            if is_transient(error):
                raise Overloaded("the database is away", retry_after=5) from error
            raise

    return caller


def refuse(problems: list[InputProblem]) -> None:
    """All of it or nothing."""
    if problems:
        raise Malformed(problems[0]["detail"], errors=problems)
