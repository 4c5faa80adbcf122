"""JSON Schemas of the shapes on the wire, from msgspec; a default that is written shows in them as well."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec import inspect as types

from events.body import Body, default_of, plain

REFERENCE = "#/$defs/{name}"


def json_schemas(
    shapes: Sequence[type[Body]], reference: str = REFERENCE
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """A reference to each shape, and by name the schemas of all shapes they are made of."""
    parts = _parts(types.multi_type_info(shapes))
    references, schemas = msgspec.json.schema_components([*shapes, *parts], ref_template=reference)
    for part, one in zip(parts, references[len(shapes) :], strict=True):
        properties = schemas[one["$ref"].rpartition("/")[2]]["properties"]
        for field in msgspec.structs.fields(part):
            if (default := default_of(field)) is not NODEFAULT:
                properties[field.encode_name]["default"] = plain(default)
    _type_enums(schemas)
    return list(references[: len(shapes)]), schemas


def _type_enums(node: Any) -> None:
    """Closed lists are of text; tools that make code from a schema want to be told."""
    if isinstance(node, dict):
        if all(isinstance(one, str) for one in node.get("enum", (None,))):
            node["type"] = "string"
        for inner in node.values():
            _type_enums(inner)
    elif isinstance(node, list):
        for inner in node:
            _type_enums(inner)


def _parts(found: Sequence[types.Type]) -> list[type[msgspec.Struct]]:
    """Every shape that these types hold, in the order in which they stand."""
    parts = dict[type[msgspec.Struct], None]()
    left = list(found)
    while left:
        one = left.pop(0)
        if isinstance(one, types.StructType) and one.cls not in parts:
            parts[one.cls] = None
            left += [field.type for field in one.fields]
        left += [one.type] if isinstance(one, types.Metadata) else []
        left += [one.item_type] if isinstance(one, types.CollectionType) else []
        left += [one.key_type, one.value_type] if isinstance(one, types.DictType) else []
        left += one.item_types if isinstance(one, types.TupleType) else ()
        left += one.types if isinstance(one, types.UnionType) else ()
    return list(parts)
