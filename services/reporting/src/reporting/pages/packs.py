"""Pages of the packs: their list, and one with its frozen parts, what changed since, and its action items."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response

from events.packs import PackKind, PackOpened
from reporting.pages.page_router import PageRouter, query_of
from reporting.reports.packs import PacksQuery, pack, packs
from reporting.reports.report import ReportScope
from runtime.http.access import Caller
from runtime.service import Context

KINDS: Final[tuple[tuple[PackKind, str], ...]] = (("week", "Weeks"), ("month", "Months"), ("quarter", "Quarters"))


def add_packs(pages: PageRouter) -> None:
    """Adds `/packs` and `/packs/{pack}`; its forms are posted to ingest: facts of an action item."""

    @pages.page("/packs")
    async def packs_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(PacksQuery, request).model_copy(update={"limit": 500})
        items = (await packs(scope, query))["items"]
        by_kind = {kind: [one for one in items if one["kind"] == kind] for kind, _ in KINDS}
        return pages.renderer.page(request, "packs.html", scope.now, kinds=KINDS, by_kind=by_kind)

    @pages.page("/packs/{pack}")
    async def pack_page(request: Request, scope: ReportScope) -> Response:
        shown = await pack(scope, request.path_params["pack"])
        people = scope.agreement.teams
        owners = [
            *((rep.id, rep.name) for rep in people.reps if rep.active),
            *((one.email, one.name) for one in people.people if "partner" not in one.roles),
        ]
        await _note_opened(pages.context, request, shown, scope.now)
        changed = {one["name"]: one for one in (shown["restated"] or {"figures": ()})["figures"]}
        parts = {part.name: part for part in shown["parts"]}
        return pages.renderer.page(
            request, "pack.html", scope.now, pack=shown, parts=parts, owners=owners, changed=changed
        )


async def _note_opened(context: Context, request: Request, pack: Mapping[str, Any], now: datetime) -> None:
    """That somebody who is signed in looks at it, the first time: the self-assessment asks whether packs are read."""
    caller: Caller = request.state.caller
    if caller.user is None or any(one["by"] == caller.user.id for one in pack["opened_by"]):
        return
    data = PackOpened.Data(pack=pack["pack"], by=caller.user.id, side=caller.user.side)
    async with context.database.begin() as tx:
        await context.writer.append(tx, [PackOpened.fact(pack["pack"], data, time=now)], now)
