"""The operator's commands: keys, dead letters, re-ship."""

from pathlib import Path
from typing import Annotated

import typer

from events.topics import FLOW, TOPICS
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.errors import Misconfigured
from runtime.http import access_keys
from runtime.lanes import dead_letters
from runtime.settings import Settings, load_settings
from standalone import store
from standalone.connect import database
from standalone.output import print_json, print_table
from standalone.run import Data, JsonFlag, run

keys_app = typer.Typer(add_completion=False, no_args_is_help=False, help="Access keys: list, create, rotate, revoke.")
dead_app = typer.Typer(
    add_completion=False, help="Records that could not be worked: list, show, retry, drop.", no_args_is_help=True
)

ServiceName = Annotated[str, typer.Argument(help=f"One of {', '.join(FLOW)}.")]
Ids = Annotated[list[int], typer.Argument(help="Numbers as `list` shows them.")]


def _run(work: "store.Work[int]", data: Path | None) -> None:
    async def connected() -> int:
        settings = load_settings(data=data)
        async with database(settings) as dsn, admin(dsn) as connection, connection.begin():
            return await work(connection, settings)

    run(connected())


@keys_app.callback(invoke_without_command=True)
def keys_main(context: typer.Context, data: Data = None, as_json: JsonFlag = False) -> None:
    """Access keys: list (also without a command), create, rotate, revoke."""
    if context.invoked_subcommand is None:
        keys_list(data, as_json=as_json)


@keys_app.command("list")
def keys_list(data: Data = None, as_json: JsonFlag = False) -> None:
    """All keys, without their secrets: those are shown once, at creation."""

    async def work(connection: Connection, _settings: Settings) -> int:
        rows = await access_keys.every(connection)
        if as_json:
            print_json(rows)
        else:
            columns = ("id", "kind", "source", "scopes", "created_at", "revoked_at")
            print_table(rows, columns, empty="no keys yet: `baton up` makes the first two")
        return 0

    _run(work, data)


@keys_app.command("create")
def keys_create(
    kind: Annotated[str, typer.Argument(help="write (public: tracking, forms) or server (secret).")],
    source: Annotated[str, typer.Option(help="What will use it: website, crm, …")] = "api",
    scopes: Annotated[
        str,
        typer.Option(
            help="Of a server key: ingest, sales, read, admin; partner:ID, that partner's; kiosk, for /kiosk/KEY."
        ),
    ] = "ingest",
    data: Data = None,
) -> None:
    """Make a key and show its secret, once."""

    async def work(connection: Connection, _settings: Settings) -> int:
        if kind not in ("write", "server"):
            raise Misconfigured(f"a key is of kind write or server, not {kind}")
        scopes_of_key = ["write"] if kind == "write" else [scope.strip() for scope in scopes.split(",")]
        access_keys.check_scopes(scopes_of_key)
        identity, secret = await access_keys.create(
            connection, "write" if kind == "write" else "server", source, scopes_of_key
        )
        typer.echo(f"{identity}  {secret}\nThis is the only time it is shown.")
        return 0

    _run(work, data)


@keys_app.command("revoke")
def keys_revoke(identity: str, data: Data = None) -> None:
    """A revoked key is refused within five seconds."""

    async def work(connection: Connection, _settings: Settings) -> int:
        done = await access_keys.revoke(connection, identity)
        typer.echo(f"{identity} is revoked" if done else f"no key {identity} in force: see `baton keys`", err=not done)
        return 0 if done else 1

    _run(work, data)


@keys_app.command("rotate")
def keys_rotate(identity: str, data: Data = None) -> None:
    """A second key like this one; revoke the old one when nobody uses it any more."""

    async def work(connection: Connection, _settings: Settings) -> int:
        old = next(
            (key for key in await access_keys.every(connection) if key["id"] == identity and not key["revoked_at"]),
            None,
        )
        if old is None:
            raise Misconfigured(f"no key {identity} in force: see `baton keys`")
        new, secret = await access_keys.create(connection, old["kind"], old["source"], old["scopes"])  # type: ignore[arg-type]
        typer.echo(f"{new}  {secret}\nBoth work now. When all use the new one: baton keys revoke {identity}")
        return 0

    _run(work, data)


@dead_app.command("list")
def dead_list(
    service: Annotated[str | None, typer.Argument(help=f"One of {', '.join(FLOW)}; all when left out.")] = None,
    closed: Annotated[bool, typer.Option("--all", help="Also those retried or dropped.")] = False,
    data: Data = None,
    as_json: JsonFlag = False,
) -> None:
    """What lies there and why."""

    async def work(connection: Connection, _settings: Settings) -> int:
        rows = []
        for name in [service] if service else FLOW:
            await store.enter(connection, name)
            rows += [{"service": name, **row} for row in await dead_letters.every(connection, closed=closed)]
        if as_json:
            print_json(rows)
        else:
            columns = ("service", "id", "topic", "seq", "type", "subject", "state", "reason")
            print_table(rows, columns, empty="no dead letters: everything was worked")
        return 1 if any(row["state"] == "open" for row in rows) else 0

    _run(work, data)


@dead_app.command("show")
def dead_show(service: ServiceName, identity: int, data: Data = None, _as_json: JsonFlag = False) -> None:
    """One dead letter, whole: always as JSON, it is a record and no table."""

    async def work(connection: Connection, _settings: Settings) -> int:
        await store.enter(connection, service)
        row = await dead_letters.show(connection, identity)
        if row is None:
            raise Misconfigured(f"{service} has no dead letter {identity}: see `baton dead-letters list`")
        print_json(row)
        return 0

    _run(work, data)


@dead_app.command("retry")
def dead_retry(service: ServiceName, ids: Ids, data: Data = None) -> None:
    """Try again, with the later events of the same lead; the lane does it within a second."""

    async def work(connection: Connection, _settings: Settings) -> int:
        await store.enter(connection, service)
        marked = await dead_letters.request_retry(connection, ids)
        typer.echo(f"{len(marked)} to be tried again; `baton dead-letters list {service}` shows what came of it")
        return 0 if marked else 1

    _run(work, data)


@dead_app.command("drop")
def dead_drop(
    service: ServiceName, ids: Ids, reason: Annotated[str, typer.Option(help="Kept with it.")], data: Data = None
) -> None:
    """Give up on them, with a reason. Later events of the lead go on once none of its letters is open."""

    async def work(connection: Connection, _settings: Settings) -> int:
        await store.enter(connection, service)
        dropped = await dead_letters.drop(connection, ids, reason)
        typer.echo(f"{len(dropped)} dropped")
        return 0 if dropped else 1

    _run(work, data)


def reship(
    topic: Annotated[str, typer.Argument(help=f"One of {', '.join(TOPICS)}.")],
    lane: Annotated[int, typer.Argument(help="The partition.")],
    seq: Annotated[int, typer.Argument(help="The first missing number.")],
    data: Data = None,
) -> None:
    """Send a stream again from a number on, the same bytes: heals a gap. Readers drop what they had."""

    async def work(connection: Connection, settings: Settings) -> int:
        if topic not in TOPICS:
            raise Misconfigured(f"no topic {topic}: there are {', '.join(TOPICS)}")
        if settings.kafka is None:
            raise Misconfigured("the embedded transport ships nothing: readers see the stored batches themselves")
        await store.enter(connection, TOPICS[topic].producer)
        oldest = await store.rewind_shipping(connection, topic, lane, seq)
        if oldest is None or oldest > seq:
            typer.echo(f"{topic}/{lane}/{seq} is no longer kept; the oldest is {oldest}", err=True)
            return 1
        typer.echo(f"{topic}/{lane} is sent again from {seq} on")
        return 0

    _run(work, data)
