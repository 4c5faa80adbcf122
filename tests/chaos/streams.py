"""What a house has written, read from its database."""

from collections import Counter

from events import Event
from events.codec import decode
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.schema_names import schema_of


async def stream(dsn: str, service: str, topic: str) -> list[Event]:
    """All that the service has written to the topic, lane by lane."""
    query = f"SELECT body FROM {schema_of(service)}.stream_batch WHERE topic = :topic ORDER BY p, first_seq"
    async with admin(dsn) as tx:
        bodies = (await tx.execute(statement(query), {"topic": topic})).scalars()
        return [event for body in bodies for line in body.split(b"\n") if (event := decode(line))]


async def engagements(dsn: str) -> Counter[str]:
    """How often each message stands in the stream `leads` as an engagement."""
    leads = await stream(dsn, "ingest", "leads")
    return Counter(event.data.message_id for event in leads if event.type == "engagement.recorded.v1")
