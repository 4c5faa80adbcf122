"""`baton topics`: the map of topics, and its topics made on Kafka."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from events.topics import TOPICS
from runtime.settings import Settings
from runtime.transport.kafka_topics import create_topics
from standalone.output import print_json
from standalone.run import CANNOT, JsonFlag, run, settings_of


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
