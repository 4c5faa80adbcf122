"""POST /api/stewards/{id}/decide: a steward says which value is right, or what is to become of a lead with bad data."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import uuid_utils
from fastapi import APIRouter, Depends, Path
from pydantic import ConfigDict, Field, StrictInt

from agreement import Agreement
from agreement.readers.countries import read_country
from agreement.readers.head_counts import read_head_count
from agreement.readers.industries import IndustryReader
from agreement.survivorship import STEWARD
from events.edge import MOST_NUMBER
from events.sales import WAITING, StewardDecided
from events.vocabulary import humanize
from ingest.api.bodies import JsonBody
from ingest.api.checks import Checks, allow, refuse
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.api.invalid_input import InvalidInput
from ingest.decide.submissions import LONGEST_ID, Identify, SalesFact
from ingest.decide.traits import LONGEST_VALUE
from ingest.intake import Intake
from runtime.http.access import Caller
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Forbidden

CHANNEL: Final = "stewards"
ItemId = Annotated[str, Path(max_length=LONGEST_ID, description="as `GET /api/stewards` lists it")]
Readers = Mapping[str, Callable[[object], object]]
"""By name of a fact, what reads it; None for what cannot be read."""
FactValue = str | int | float | bool | list[str] | None


class Decision(JsonBody):
    """What a steward decides."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["pin", "fixed", "drop", "merge"]
    """`pin`: `value` is right (or `values`, of several facts). `fixed`: its data were put right, judge it again.
    `drop`: leave a disputed fact as it is; a lead that waits is disqualified. `merge`: a lead that waits belongs to
    `record`."""
    value: FactValue = None
    """Of the fact that is disputed."""
    values: dict[str, FactValue] = Field(default_factory=dict)
    """By name of a fact: also others than the one that is asked about."""
    record: Annotated[str, Field(max_length=LONGEST_ID)] | StrictInt | None = None
    """Of `merge`: a lead, a deal or an address; its owner hears of it."""
    by: str | None = None
    """Who decides: a rep's id or address, or a contact's address; without it the key, or whoever is at this machine."""
    note: str | None = Field(None, max_length=LONGEST_VALUE)
    id: str | None = Field(None, max_length=LONGEST_ID)
    """The same id is the same decision."""


def router(intake: Intake, agreement: Agreement) -> APIRouter:
    """The way in; the queue itself is reporting's answer (`GET /api/stewards`)."""
    routes = APIRouter(route_class=LazyRoute, prefix="/api", tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)
    readers = readers_of(agreement)

    @routes.post(
        "/stewards/{identity}/decide", summary="A steward decides: which value is right, or what becomes of it"
    )
    async def decide(
        identity: ItemId, decision: Decision, caller: Annotated[Caller, Depends(allow("sales"))]
    ) -> Acceptance:
        try:
            submissions = read_decision(identity, decision, caller, checks, readers)
        except InvalidInput as invalid:
            refuse([invalid.problem])
            raise
        return acceptance(await intake.submit(submissions))

    return routes


def readers_of(agreement: Agreement) -> Readers:
    """How the facts are read on which rules rest."""
    industry = IndustryReader(agreement.definitions).read
    return {
        "country": lambda value: read_country(str(value)),
        "industry": lambda value: industry(str(value)),
        "employees": read_head_count,
    }


def read_decision(
    identity: str, decision: Decision, caller: Caller, checks: Checks, readers: Readers
) -> list[SalesFact | Identify]:
    """The decision as a fact of sales and, with what is pinned, the facts about the lead.

    The first of them makes sure that the lead is known. Raises InvalidInput.
    """
    lead, _, item = identity.rpartition(".")
    if not lead or not item:
        raise InvalidInput("/id", "must be an id of the queue: the lead's, a dot, and the fact or `lead`")
    traits = _traits(item, decision, checks, readers)
    record = _record(item, decision)
    by, steward = steward_of(decision.by, caller, checks)
    message = decision.id or str(uuid_utils.uuid7())
    data = {
        "by": by,
        "via": "api" if caller.key else "web",
        "message_id": message,
        "item": item,
        "decision": decision.decision,
        "steward": steward,
        "facts": tuple(traits) if decision.decision == "pin" else (),
        "record": record,
        "note": decision.note,
    }
    source = f"{CHANNEL}:{caller.source}"
    shared: dict[str, Any] = {"message_id": message, "channel": CHANNEL, "pointer": "/id", "lead": lead}
    fact = checks.sales_data(StewardDecided, data, "")
    decided = SalesFact(**shared, source=source, event=StewardDecided, data=fact)
    if not traits:
        return [decided]
    return [decided, Identify(**shared, source=f"{source}:facts", learned_from=STEWARD, traits=traits)]


def _traits(item: str, decision: Decision, checks: Checks, readers: Readers) -> dict[str, FactValue]:
    """What the steward says of facts: values, or nothing of the fact that stays as it is (a null)."""
    if item != WAITING and item not in checks.vocabulary.names:
        raise InvalidInput("/id", f"{item} is no fact of the agreement")
    given = {**decision.values, **({item: decision.value} if decision.value is not None else {})}
    if decision.decision == "pin":
        return _pinned(given, checks, readers)
    if given:
        raise InvalidInput("/decision", f"{decision.decision} takes no values; to correct them, pin")
    if item == WAITING:
        return {}
    if decision.decision in ("fixed", "merge"):
        raise InvalidInput("/decision", "a fact is pinned, or left as it is (drop)")
    return {item: None}


def _record(item: str, decision: Decision) -> str | int | None:
    """What a lead that waits is merged into. Raises InvalidInput without one, or where none belongs."""
    named = str(decision.record if decision.record is not None else "").strip()
    if (decision.decision == "merge") != bool(named):
        raise InvalidInput("/record", "a merge, and nothing else, names the record: a lead, a deal or an address")
    return decision.record


def _pinned(given: dict[str, FactValue], checks: Checks, readers: Readers) -> dict[str, FactValue]:
    if not given or WAITING in given:
        raise InvalidInput("/values", "say which value is right: by name of the fact")
    for name, value in given.items():
        if name not in checks.vocabulary.names:
            raise InvalidInput(f"/values/{name}", "is no fact of the agreement")
        if value is None or (isinstance(value, str) and not value.strip()):
            raise InvalidInput(f"/values/{name}", "must be a value")
        if isinstance(value, int | float) and not abs(value) < MOST_NUMBER:
            raise InvalidInput(f"/values/{name}", "is no number that can be kept")
        if name == "email" and checks.vocabulary.address(value) is None:
            raise InvalidInput(f"/values/{name}", "must be an e-mail address")
        if name in readers and readers[name](value) is None:
            raise InvalidInput(f"/values/{name}", f"is no {humanize(name)} that can be read")
    return given


def steward_of(given: str | None, caller: Caller, checks: Checks) -> tuple[str | None, str]:
    """Rep id, if it is one, and how whoever decides is called. Raises InvalidInput for a stranger, and Forbidden when
    somebody who is signed in names another.
    """
    user = caller.user
    if user is not None:
        if given is not None and given.strip().lower() not in (user.id, user.email.lower()):
            raise Forbidden(f"{user.name} is signed in, and decides under no other name")
        return (user.id if user.rep else None), user.id
    if given is None:
        return None, caller.name
    contact = next((one for one in checks.people.teams.contacts if one.email == given.strip().lower()), None)
    if contact is not None:
        return None, given.strip().lower()
    rep = checks.rep(given, "/by")
    return rep, str(rep)
