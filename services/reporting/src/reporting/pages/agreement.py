"""The page of the agreement: read as a contract, what was kept of it beside, and the files themselves."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from agreement.loader import CHAPTERS as FILES
from agreement.loader import read
from agreement.problems import Positions
from events.vocabulary import Side
from reporting.figures import percent
from reporting.filters import ReportQuery
from reporting.pages.agreement_tables import CHAPTERS, ChapterPart, MarkOf, chapters
from reporting.pages.contract import Article
from reporting.pages.contract_chapters import contract
from reporting.pages.formats import page_address
from reporting.pages.page_router import PageRouter
from reporting.reports.report import ReportScope
from reporting.reports.service_levels import service_levels
from reporting.store.conditions import DatabaseRow
from runtime.database.connect import Database
from runtime.errors import Refused
from runtime.http.access import Caller, require
from runtime.http.audit import describe
from runtime.http.page_forms import page_form
from runtime.http.problems import Forbidden
from runtime.signatures import WaitingEdit, cover, in_words, sign, signatures, wanted

DAYS: Final = "30d"
_WORDS: Final = {"green": "kept", "amber": "nearly", "red": "not kept"}


class NothingToSign(Refused):
    """No edit of the agreement waits for this signature."""

    status = 409


class NoSuchFile(Refused):
    """No chapter of the agreement has this file."""

    status = 404


@dataclass(frozen=True, slots=True)
class Measure:
    """What was kept of a promise or commitment: `75 % of 95 %`, its state in words and colour, and the page behind."""

    actual: str
    agreed: str
    state: str
    colour: str
    behind: str | None


def add_agreement(pages: PageRouter, mark: MarkOf) -> None:
    """Adds the page, and one for each file of the folder."""
    agreement, folder = pages.context.agreement, pages.context.settings.agreement

    @cache
    def tables() -> dict[str, ChapterPart]:
        """Made at the first visit: a house opens without them."""
        return {name: part for name, _, part in chapters(agreement, mark)}

    places: dict[int, Positions] = {}

    async def positions() -> Positions:
        """Where things stand, read at the first visit after an edit; none of a folder that is not the one in force."""
        edits = pages.context.notice.edits
        if edits not in places:
            now, problems, lines = await asyncio.to_thread(read, folder)
            in_force = now is not None and not problems and now.version == agreement.version
            places.clear()
            places[edits] = lines if in_force else Positions()
        return places[edits]

    @pages.page("/agreement")
    async def agreement_page(request: Request, scope: ReportScope) -> Response:
        words = request.query_params.get("q", "").strip()
        articles = contract(scope.agreement, await positions(), scope.people.name)
        return pages.renderer.page(
            request,
            "agreement.html",
            scope.now,
            agreed=scope.agreement.version,
            chapters=[
                (name, title, _matching(articles[name], words), tables()[name]) for name, title in CHAPTERS.items()
            ],
            measures=measures(await service_levels(scope, ReportQuery(range=DAYS))),
            q=words,
            notice=scope.notice,
            waiting=await _waiting(scope.notice.waiting, request, pages.context.database),
        )

    @pages.routes.post("/agreement/sign", dependencies=[Depends(require("admin"))])
    async def sign_edit(request: Request) -> Response:
        """303 to the page.

        Raises Forbidden for who may not sign for this side, AlreadySigned for who has signed for another, NothingToSign
        for another edit.
        """
        form = await page_form(request, request.state.caller) or {}
        waiting = pages.context.notice.waiting
        if waiting is None or waiting.agreement.hash != form.get("hash"):
            raise NothingToSign("this edit does not wait any more; open the page again")
        side = next((one for one in _sides(waiting, request.state.caller) if one == form.get("side")), None)
        if side is None:
            raise Forbidden("this signature is somebody else's")
        async with pages.context.database.begin() as tx:
            await sign(tx, waiting.agreement, side, request.state.caller.name)
        describe(request.scope, [(f"signed the agreement for {side}", waiting.agreement.version, None)])
        return RedirectResponse("/agreement", 303)

    @pages.page("/agreement/{file}")
    async def file_page(request: Request, scope: ReportScope) -> Response:
        name = request.path_params["file"]
        if name.removesuffix(".yaml") not in FILES or not name.endswith(".yaml"):
            raise NoSuchFile(f"{name} is no chapter")
        text = await asyncio.to_thread(_text, folder / name)
        return pages.renderer.page(request, "agreement_file.html", scope.now, file=name, lines=text.splitlines())


def _sides(waiting: WaitingEdit, caller: Caller) -> list[Side]:
    """For whom the caller may sign: a person by the roles, the one at this machine for any; a key for nobody."""
    if caller.key is not None:
        return []
    return [side for side in waiting.sides if caller.user is None or caller.user.signs_for(side)]


async def _waiting(waiting: WaitingEdit | None, request: Request, database: Database) -> DatabaseRow | None:
    """The edit that waits for signatures: its version, what it changes, who signed, and for whom the reader may.

    Whoever may read the agreement reads this, also who sees no more than the own leads: so not in the page's
    transaction.
    """
    if waiting is None:
        return None
    async with database.begin() as tx:
        given = await signatures(tx, waiting.agreement)
    signed = cover(given, waiting.sides, waiting.signers)
    brings_it_further = wanted(given, waiting.sides, waiting.signers, request.state.caller.name)
    mine = [side for side in _sides(waiting, request.state.caller) if side in brings_it_further]
    return {
        "version": waiting.agreement.version,
        "hash": waiting.agreement.hash,
        "changes": waiting.changes,
        "sides": [(side, signed.get(side), side in mine) for side in waiting.sides],
        "missing": in_words(given, waiting.sides, waiting.signers),
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise NoSuchFile(f"{path.name} cannot be read here: {error.strerror}") from None


def _matching(articles: list[Article], words: str) -> list[Article]:
    """Articles with the clauses that have the words, all of them when nothing is words for."""
    kept = [Article(one.title, tuple(c for c in one.clauses if words.lower() in c.text.lower())) for one in articles]
    return [one for one in kept if one.clauses]


def measures(levels: Mapping[str, Any]) -> dict[str, Measure]:
    """By the name of the promise or commitment: how it was kept, from the report of the service levels."""
    rows: dict[str, DatabaseRow] = {}
    for row in (*levels["marketing"], *levels["sales"]):
        if row["name"] not in rows or rows[row["name"]]["actual"] is None:
            rows[row["name"]] = row
    return {name: _measure(row) for name, row in rows.items()}


def _measure(row: DatabaseRow) -> Measure:
    counted = row.get("counted")
    actual = row["actual"]
    shown = "–" if actual is None else f"{actual:g}" if counted else percent(actual)
    if row["kind"] == "promise":
        agreed = percent(row["kept_percent"] / 100)
    else:
        agreed = f"{row['target']:g}" if counted else percent(row["target"])
    state = _WORDS.get(row["colour"] or "", "running" if row["state"] == "running" else "nothing judged")
    return Measure(shown, agreed, state, row["colour"] or "none", page_address(row["leads"]))
