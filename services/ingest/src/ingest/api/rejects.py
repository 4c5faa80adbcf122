"""/api/spam and /api/refused: what the door turned away, with its reason; a person may release a row, or drop it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from ingest import store
from ingest.api.checks import allow
from ingest.api.second_reading import read_again
from ingest.api.tracking import pointer_of
from ingest.decide import Receipt, Submission, Vocabulary
from ingest.decide.resubmission import released
from ingest.intake import Intake
from ingest.store.rejects import ClaimedReject, Kind
from runtime.database.connect import Database
from runtime.errors import Refused
from runtime.http.access import Caller
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Malformed

_NEWEST: Final = 2**63 - 1
"""The largest number that the database can give a row."""
RejectId = Annotated[int, Path(ge=0, le=_NEWEST)]
Decider = Annotated[Caller, Depends(allow("admin"))]
MOST_COUNTS: Final = 500


class NoSuchReject(Refused):
    """Nothing was turned away under this number."""

    status: ClassVar[int] = 404


class NotReleasable(Refused):
    """This cannot be released."""


class BeingReleased(Refused):
    """Somebody is releasing this, so it cannot be dropped."""

    status: ClassVar[int] = 409


class RejectItem(BaseModel):
    """One row of what was turned away."""

    id: int
    at: AwareDatetime
    source: str
    message_id: str | None
    reason: str
    state: str
    """`open`, `releasing` (release it again if that was cut off), `released` or `dropped`."""
    decided_at: AwareDatetime | None
    decided_by: str | None
    """Who released or dropped it; null for what was decided before that was kept."""
    content: Any
    """As it came: an object, or text where it is no JSON. Null once somebody decided."""


class RejectCount(BaseModel):
    """How many of one kind were turned away, or left out, for one reason."""

    what: str
    """One of the words of docs/left-out.md."""
    reason: str
    source: str
    count: int
    first_at: AwareDatetime
    last_at: AwareDatetime


class RejectPage(BaseModel):
    """One page of the list; `next` continues it. The counts are of all."""

    items: list[RejectItem]
    next: str | None
    counts: list[RejectCount]


class ReleaseAnswer(BaseModel):
    """What became of it: a duplicate is here already."""

    id: int
    accepted: int
    duplicates: int


class Correction(BaseModel):
    """What takes the place of what came."""

    model_config = ConfigDict(extra="forbid")

    content: dict[str, Any] | None = None
    """The whole message, put right; null: as it came."""


class DropAnswer(BaseModel):
    """It is gone."""

    id: int
    state: str


def router(intake: Intake, database: Database) -> APIRouter:
    """Holds personal data, so it stands behind the scope `read`; deciding takes `admin`."""
    routes = APIRouter(route_class=LazyRoute, prefix="/api", tags=["turned away"])
    for kind, words in _LISTS.items():
        _add_list(routes, database, kind, words)

    @routes.post("/spam/{identity}/release", summary="It was no spam: take it in")
    async def release_spam(identity: RejectId, caller: Decider) -> ReleaseAnswer:
        receipt = await release(intake, database, "spam", identity, caller.name)
        return ReleaseAnswer(id=identity, accepted=receipt.accepted, duplicates=receipt.duplicates)

    @routes.post("/spam/{identity}/drop", summary="It is spam: forget what it holds")
    async def drop_spam(identity: RejectId, caller: Decider) -> DropAnswer:
        await drop(database, "spam", identity, caller.name)
        return DropAnswer(id=identity, state="dropped")

    @routes.post("/refused/{identity}/release", summary="Read it again, by the rules of today or as corrected")
    async def release_refused(
        identity: RejectId, caller: Decider, correction: Correction | None = None
    ) -> ReleaseAnswer:
        content = correction.content if correction else None
        receipt = await release(intake, database, "refused", identity, caller.name, corrected=content)
        return ReleaseAnswer(id=identity, accepted=receipt.accepted, duplicates=receipt.duplicates)

    @routes.post("/refused/{identity}/drop", summary="Seen: forget what it holds")
    async def drop_refused(identity: RejectId, caller: Decider) -> DropAnswer:
        await drop(database, "refused", identity, caller.name)
        return DropAnswer(id=identity, state="dropped")

    return routes


async def release(
    intake: Intake,
    database: Database,
    kind: Kind,
    identity: int,
    by: str,
    *,
    corrected: Mapping[str, Any] | None = None,
) -> Receipt:
    """Takes in what was turned away, by the word of `by`. A repeat doubles nothing.

    Spam as if it came now; what was refused is read again, `corrected` in its place where that is given. It is claimed
    first, so that nobody drops meanwhile what is taken in. Raises NoSuchReject, and NotReleasable when somebody
    decided already or nobody is named in it, and Malformed when it is refused again.
    """
    async with database.begin() as tx:
        claimed = await store.claim_reject(tx, kind, identity)
        if claimed is None:
            state = await store.reject_state(tx, kind, identity)
            if state is None:
                raise NoSuchReject(f"no {_NOUNS[kind]} {identity}: see `{_SHOWN_BY[kind]}`")
            raise NotReleasable(f"{_NOUNS[kind]} {identity} is {state} already")
        submission = _of_spam(claimed) if kind == "spam" else _of_refused(claimed, corrected, intake.vocabulary)
    try:
        receipt = await intake.submit([submission])
    except Malformed:  # nothing was kept, nor will be
        async with database.begin() as tx:
            await store.give_back_reject(tx, kind, identity)
        raise
    async with database.begin() as tx:
        await store.close_reject(tx, kind, identity, "released", by)  # False: whoever released it too was faster
    return receipt


def _of_spam(claimed: ClaimedReject) -> Submission:
    if claimed.submission is None:
        raise NotReleasable(f"spam {claimed.id} holds no e-mail address: nobody would be the lead")
    return released(claimed.submission)


def _of_refused(claimed: ClaimedReject, corrected: Mapping[str, Any] | None, vocabulary: Vocabulary) -> Submission:
    found = read_again(claimed, corrected, vocabulary)
    if isinstance(found, str):
        wanted = f"{found}; give the whole message here, put right"
        raise Malformed(
            f"refused again: {found}", errors=[{"pointer": f"/content{pointer_of(found)}", "detail": wanted}]
        )
    return found


async def drop(database: Database, kind: Kind, identity: int, by: str) -> None:
    """Forgets what it holds. Raises NoSuchReject when there is none that is open, BeingReleased for what is claimed."""
    async with database.begin() as tx:
        if not await store.close_reject(tx, kind, identity, "dropped", by):
            if await store.reject_state(tx, kind, identity) == "releasing":
                raise BeingReleased(f"{kind} {identity} is being released; if that was cut off, release it again")
            raise NoSuchReject(f"no open row {identity} of {kind}")


def _add_list(routes: APIRouter, database: Database, kind: Kind, words: str) -> None:
    @routes.get(f"/{kind}", summary=words, name=kind, dependencies=[Depends(allow("read"))])
    async def listed(
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: Annotated[
            int | None, Query(ge=1, le=_NEWEST, description="take it from `next` of the page before")
        ] = None,
        closed: Annotated[bool, Query(description="also what was released or dropped")] = False,
    ) -> RejectPage:
        async with database.begin() as tx:
            rows = await store.rejects(tx, kind, limit=limit + 1, before=after or _NEWEST, closed=closed)
            counts = await store.counts(tx, kind, MOST_COUNTS)
        shown = rows[:limit]
        return RejectPage(
            items=[RejectItem.model_validate(dict(row)) for row in shown],
            next=str(shown[-1]["id"]) if len(rows) > limit else None,
            counts=[RejectCount.model_validate(dict(count)) for count in counts],
        )


_NOUNS: Final[Mapping[Kind, str]] = {"spam": "spam", "refused": "refused event"}
_SHOWN_BY: Final[Mapping[Kind, str]] = {"spam": "baton spam list", "refused": "baton spam list --refused"}
_LISTS: Final[Mapping[Kind, str]] = {
    "spam": "What was held back as spam, with its reason, newest first",
    "refused": "What was refused although its sender was told 200, and what is left out, with reasons and counts",
}
