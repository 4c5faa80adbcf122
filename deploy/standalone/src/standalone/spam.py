"""`baton spam`: what was held back as spam, with its reason; released or dropped by a person."""

from collections.abc import Awaitable, Callable, Iterable
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ingest import store
from ingest.api import rejects
from ingest.intake import Intake
from ingest.store.rejects import Kind
from runtime.errors import Refused
from runtime.service import Context
from runtime.settings import load_settings
from standalone.connect import database
from standalone.operator_context import operator_context
from standalone.output import print_json, print_table
from standalone.run import FOUND_WRONG, Data, JsonFlag, run

spam_app = typer.Typer(
    add_completion=False, help="What was held back as spam: list, release, drop.", no_args_is_help=True
)

SpamIds = Annotated[list[int], typer.Argument(help="Numbers as `list` shows them.")]
OfRefused = Annotated[bool, typer.Option("--refused", help="What was refused, instead of spam.")]
_MOST: Final = 500
_NEWEST: Final = 2**63 - 1


def _run(work: Callable[[Context], Awaitable[int]], data: Path | None) -> None:
    async def connected() -> int:
        settings = load_settings(data=data)
        async with database(settings) as dsn, operator_context(settings, dsn, "ingest") as context:
            return await work(context)

    run(connected())


@spam_app.command("list")
def spam_list(
    refused: Annotated[bool, typer.Option("--refused", help="What was refused or left out instead.")] = False,
    closed: Annotated[bool, typer.Option("--all", help="Also what was released or dropped.")] = False,
    data: Data = None,
    as_json: JsonFlag = False,
) -> None:
    """The newest 500, with their reasons, and how many there are of each."""
    kind: Kind = "refused" if refused else "spam"

    async def work(context: Context) -> int:
        async with context.database.begin() as tx:
            items = [dict(row) for row in await store.rejects(tx, kind, limit=_MOST, before=_NEWEST, closed=closed)]
            counts = [dict(row) for row in await store.counts(tx, kind, _MOST)]
        if as_json:
            print_json({"items": items, "counts": counts})
            return 0
        rows = [{**item, "content": _brief(item["content"])} for item in items]
        print_table(rows, ("id", "at", "source", "reason", "state", "content"), empty=f"nothing is {_STATE[kind]}")
        print_table(counts, ("what", "reason", "source", "count", "last_at"), empty="nothing to count")
        return 0

    _run(work, data)


@spam_app.command("release")
def spam_release(ids: SpamIds, refused: OfRefused = False, data: Data = None) -> None:
    """It was no spam: take it in, as if it came now. What was refused is read again, by the rules of today.

    The house may be running.
    """
    kind: Kind = "refused" if refused else "spam"

    async def work(context: Context) -> int:
        intake = Intake(context)

        async def release(identity: int) -> str:
            receipt = await rejects.release(intake, context.database, kind, identity, _by())
            return "released" if receipt.accepted else "it was here already"

        return await _each(ids, release)

    _run(work, data)


@spam_app.command("drop")
def spam_drop(ids: SpamIds, refused: OfRefused = False, data: Data = None) -> None:
    """It is spam, or seen: forget what it holds."""
    kind: Kind = "refused" if refused else "spam"

    async def work(context: Context) -> int:
        async def drop(identity: int) -> str:
            await rejects.drop(context.database, kind, identity, _by())
            return "dropped"

        return await _each(ids, drop)

    _run(work, data)


def _by() -> str:
    """Who is at the command line; a container's user may have no name."""
    try:
        return f"{getuser()}, baton spam"
    except (KeyError, OSError):
        return "baton spam"


async def _each(ids: Iterable[int], decide: Callable[[int], Awaitable[str]]) -> int:
    """Prints what became of each, or why nothing did; the exit code."""
    missed = 0
    for identity in ids:
        try:
            typer.echo(f"{identity}: {await decide(identity)}")
        except Refused as refusal:
            typer.echo(f"{identity}: {refusal}", err=True)
            missed += 1
    return FOUND_WRONG if missed else 0


_STATE: Final = {"spam": "held back as spam", "refused": "refused"}
_LONGEST: Final = 100


def _brief(content: Any) -> str:
    """Who it is about, in a line."""
    if not isinstance(content, dict):
        return str(content or "")[:_LONGEST]
    fields = content.get("fields") or content.get("traits") or content
    return ", ".join(str(value) for value in fields.values() if isinstance(value, str))[:_LONGEST]
