"""What uvloop says of a transport that is closed, aiokafka hears as a broken connection."""

import asyncio

import aiokafka.conn
import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from runtime.transport.kafka_clients import BrokerConnection


async def written_to_after_closing(kind: type[AIOKafkaConnection], closing: bool = True) -> AIOKafkaConnection:
    """A connection of this kind to a server that answers nothing, on which a request is sent once it is closed."""

    async def read_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(read_all, "127.0.0.1", 0)
    connection = kind("127.0.0.1", server.sockets[0].getsockname()[1])

    async def look_up_versions() -> None:
        connection._versions = {MetadataRequest.API_KEY: (0, 1)}

    connection._do_version_lookup = look_up_versions
    try:
        await connection.connect()
        if closing:
            connection._writer.transport.abort()
            await asyncio.sleep(0)
        else:
            connection._writer.write = None
        await connection.send(MetadataRequest([]))
        return connection
    finally:
        connection.close()
        server.close()


def test_a_request_on_a_closed_transport_is_a_broken_connection() -> None:
    assert aiokafka.conn.AIOKafkaConnection is BrokerConnection, "all clients connect by it"
    with pytest.raises(KafkaConnectionError, match="closed: unable to perform"):
        uvloop.run(written_to_after_closing(BrokerConnection))


def test_without_it_aiokafka_would_end_by_it() -> None:
    """When this fails, aiokafka knows uvloop's word itself, and BrokerConnection can go."""
    with pytest.raises(RuntimeError, match="the handler is closed"):
        uvloop.run(written_to_after_closing(AIOKafkaConnection))


def test_another_mistake_stays_what_it_is() -> None:
    with pytest.raises(TypeError):
        uvloop.run(written_to_after_closing(BrokerConnection, closing=False))
