"""The `baton` command."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agreement.in_force import NOT_YET, PROSE, numbers
from agreement.loader import check
from events.topics import TOPICS
from runtime.observe.logs import configure_logs
from runtime.settings import Settings
from runtime.transport.kafka_topics import create_topics
from standalone import admin
from standalone.adopt import adopt_command
from standalone.connect import database
from standalone.demo import LEADS, OwnDemo, demo_settings, demo_size, make_demo_command
from standalone.explain import explain
from standalone.output import print_json
from standalone.run import CANNOT, FOUND_WRONG, Data, JsonFlag, run, settings_of
from standalone.serve import serve
from standalone.services import SERVICES
from standalone.sign import sign
from standalone.sign_in import sign_in
from standalone.simulate import Size, make_demo, simulate_command
from standalone.spam import spam_app

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Baton passes a lead from marketing to sales and brings the outcome back.",
)
app.add_typer(admin.keys_app, name="keys")
app.add_typer(admin.dead_app, name="dead-letters")
app.add_typer(spam_app, name="spam")
app.command("reship")(admin.reship)
app.command("explain")(explain)
app.command("sign-in")(sign_in)
app.command("sign")(sign)
app.command("adopt")(adopt_command)
app.command("simulate")(simulate_command)
app.command("make-demo", hidden=True)(make_demo_command)

Folder = Annotated[
    Path | None, typer.Option("--agreement", help="Folder of the terms in force.", show_default="agreement")
]

Begin = Annotated[
    datetime | None,
    typer.Option(
        "--begin",
        formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"],
        metavar="INSTANT",
        help="Where a new laboratory's clock starts, such as 2026-03-27T15:00Z.",
        show_default="now",
    ),
]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8300")] = None,
    data: Data = None,
    agreement: Folder = None,
    *,
    laboratory: Annotated[bool, typer.Option("--laboratory", help="Time moves only by POST /lab/advance.")] = False,
    begin: Begin = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the dashboard in a browser.")] = False,
) -> None:
    """Run the whole house on one port, with nothing else installed."""
    settings = settings_of(port=port, data=data, agreement=agreement, laboratory=laboratory or None)
    configure_logs(as_json=settings.log_json)
    run(serve(settings, begin, open_=open_))


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8300")] = None,
    data: Data = None,
    *,
    leads: Annotated[int, typer.Option(min=1, max=2000, help="How many people, in its 90 days.")] = LEADS,
    open_: Annotated[bool, typer.Option("--open", help="Open the dashboard in a browser.")] = False,
) -> None:
    """Run a house in which a make-believe company has lived for 90 days; made once, in DATA/demo, it lives on."""
    base = settings_of(port=port, data=data)
    run(_demo(base, demo_size(leads), open_=open_))


async def _demo(base: Settings, size: Size, *, open_: bool) -> int:
    configure_logs(as_json=base.log_json, quiet=True)
    settings = demo_settings(base)
    await make_demo(settings.data, size, settings)
    if OwnDemo.beside(base) is None:
        return await serve(settings, None, open_=open_)
    return await serve(base, None, open_=open_, demo=True)


@app.command()
def lint(
    folder: Annotated[Path, typer.Argument(help="The agreement's folder.")] = Path("agreement"),
    as_json: JsonFlag = False,
) -> None:
    """Check an agreement: file:line:column, what is wrong, what would be right; then what of it is not in force."""
    agreement, problems = check(folder)
    if as_json:
        listed = {"prose": dict(PROSE), "not_yet": dict(NOT_YET)}
        print_json({"problems": [str(problem) for problem in problems], **listed})
    else:
        for problem in problems:
            typer.echo(str(problem))
        if agreement and not problems:
            typer.echo(f"{folder}: nothing wrong (version {agreement.version})")
        _idle_fields()
    sys.exit(FOUND_WRONG if problems else 0)


def _idle_fields() -> None:
    """Prints which fields of any agreement move nothing."""
    counts = numbers()
    typer.echo(
        f"\nOf {sum(counts.values())} fields, {counts['prose']} are prose (for people only; nothing reads them):"
    )
    for path, reason in PROSE.items():
        typer.echo(f"  {path:<44} {reason}")
    typer.echo(f"{counts['not yet']} are not yet in force (written down, but nothing reads them yet):")
    for path, work in NOT_YET.items():
        typer.echo(f"  {path:<44} comes with: {work}")


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database up to this version; harmless to repeat."""
    run(_migrate(settings_of(data=data)))


async def _migrate(settings: Settings) -> int:
    from runtime.process.migrate import migrate as run_migrations  # noqa: PLC0415  (26 MB that `baton up` is spared)

    async with database(settings) as dsn:
        applied = await run_migrations(dsn, SERVICES, partitions=settings.partitions)
    typer.echo("\n".join(applied) if applied else "nothing to do: the database is up to date")
    return 0


@app.command()
def topics(
    create: Annotated[bool, typer.Option("--create", help="Create what is missing on BATON_KAFKA.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show the map of topics: who writes, who reads, what they carry."""
    settings = settings_of()
    if create:
        if settings.kafka is None:
            typer.echo("baton: set BATON_KAFKA=host:9092 to say where the topics belong", err=True)
            sys.exit(CANNOT)
        run(_create_topics(settings, settings.kafka))
    rows = [
        {"topic": t.name, "writer": t.producer, "readers": list(t.readers), "carries": list(t.carries)}
        for t in TOPICS.values()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("topic", "written by", "read by", "carries", title="Topics, in the order facts flow")
    for topic in TOPICS.values():
        readers = [f"{name} (feedback)" if name in topic.feedback else name for name in topic.readers]
        carried = ", ".join(kind.removesuffix(".v1") for kind in topic.carries)
        table.add_row(topic.name, topic.producer, ", ".join(readers), carried)
    Console().print(table)


async def _create_topics(settings: Settings, servers: str) -> int:
    made = await create_topics(
        servers,
        list(TOPICS),
        partitions=settings.partitions,
        replication=settings.replication,
        prefix=settings.topic_prefix,
    )
    typer.echo("\n".join(f"created {name}" for name in made) if made else "nothing to do: all topics are there")
    return 0


def main() -> None:
    """Runs the command `baton` with the arguments of the process; ends it with the command's exit code."""
    app()
