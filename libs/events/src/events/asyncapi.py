"""One AsyncAPI 3 document per service, made from the map: what it sends, what it receives, with which keys."""

from typing import Any, Final

from events.json_schema import json_schemas
from events.topics import FLOW, PARTITIONS, TOPICS, TYPES, Topic

VERSION: Final = "3.0.0"


def documents() -> dict[str, dict[str, Any]]:
    """The document of each service, by its name."""
    return {service: document(service) for service in FLOW}


def document(service: str) -> dict[str, Any]:
    """The service's own view; a receiver's document is not derived from the sender's."""
    writes = [topic for topic in TOPICS.values() if topic.producer == service]
    reads = [topic for topic in TOPICS.values() if service in topic.readers]
    kinds = sorted({kind for topic in (*writes, *reads) for kind in topic.carries})
    payloads, schemas = json_schemas([TYPES[kind] for kind in kinds], "#/components/schemas/{name}")
    return {
        "asyncapi": VERSION,
        "info": {"title": f"Baton {service}", "version": "1", "description": "CloudEvents 1.0, structured JSON."},
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.name: _channel(topic) for topic in (*writes, *reads)},
        "operations": {
            **{f"say-{topic.name}": _operation("send", topic) for topic in writes},
            **{f"read-{topic.name}": _operation("receive", topic) for topic in reads},
        },
        "components": {
            "messages": {kind: _message(kind, payload) for kind, payload in zip(kinds, payloads, strict=True)},
            "schemas": schemas,
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in topic.carries},
        "bindings": {"kafka": {"topic": topic.name, "partitions": PARTITIONS, "bindingVersion": "0.5.0"}},
    }


def _operation(action: str, topic: Topic) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/{topic.name}/messages/{kind}"} for kind in topic.carries]
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}, "messages": messages}


def _message(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    model = TYPES[kind]
    return {
        "name": kind,
        "contentType": "application/cloudevents+json",
        "summary": (model.__doc__ or "").strip().splitlines()[0],
        "headers": {
            "type": "object",
            "properties": {
                "seq": {"type": "string", "description": "The number in its stream, dense from 1."},
                "prev": {"type": "string", "description": "Hash of the record before it, hexadecimal."},
                "generation": {"type": "string", "description": "From 2 on: which one, after a fork was adopted."},
                "house": {"type": "string", "description": "Id of the database that wrote it."},
            },
        },
        "payload": payload,
    }
