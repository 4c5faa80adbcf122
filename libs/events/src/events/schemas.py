"""The contract as files: one JSON Schema per event type, committed, so that a change of contract shows in the diff.

`python -m events.schemas` writes what may be written; `--check` fails when a file differs from the code.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from events.asyncapi import documents
from events.body import Body
from events.json_schema import json_schemas
from events.topics import OLDER, TYPES

HOME: Final = Path(__file__).parents[2]
SCHEMAS: Final = HOME / "schemas"
ASYNCAPI: Final = HOME / "asyncapi"
EXAMPLES: Final = HOME / "examples"


def generated() -> dict[Path, bytes]:
    """Every file as the code says it must be."""
    files = {SCHEMAS / f"{name}.json": _pretty(json_schema(kind)) for name, kind in (TYPES | OLDER).items()}
    return files | {ASYNCAPI / f"{service}.json": _pretty(document) for service, document in documents().items()}


def json_schema(shape: type[Body]) -> dict[str, Any]:
    """The JSON Schema of one shape; the shapes inside it stand under `$defs`."""
    (root,), schemas = json_schemas([shape])
    return {**schemas.pop(root["$ref"].rpartition("/")[2]), "$defs": schemas}


def _pretty(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def differences(files: Mapping[Path, bytes]) -> list[str]:
    """What stands on disk and is not what the code says, one line each."""
    differing = [
        f"{path.relative_to(HOME)}: {'differs from the code' if path.exists() else 'is missing'}"
        for path, content in files.items()
        if not path.exists() or path.read_bytes() != content
    ]
    known = {path.parent for path in files}
    stale = [path for folder in known for path in sorted(folder.glob("*.json")) if path not in files]
    return differing + [f"{path.relative_to(HOME)}: no such type any more; types are for ever" for path in stale]


def breaking(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Changes that an old reader, or an old record, would not survive. Within v1 only optional fields may be added."""
    return list(_breaking(old, new, old.get("$defs", {}), new.get("$defs", {}), ""))


def _breaking(
    old: Mapping[str, Any], new: Mapping[str, Any], old_defs: Mapping[str, Any], new_defs: Mapping[str, Any], at: str
) -> Iterator[str]:
    old, new = _resolved(old, old_defs), _resolved(new, new_defs)
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name not in after:
            yield f"{at}/{name}: was removed"
        else:
            yield from _breaking(before[name], after[name], old_defs, new_defs, f"{at}/{name}")
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{at}/{name}: became required"
    if not before and _shape(old) != _shape(new):
        yield f"{at}: was {_shape(old)}, is {_shape(new)}"
    if "items" in old and "items" in new:
        yield from _breaking(old["items"], new["items"], old_defs, new_defs, f"{at}/*")


def _resolved(node: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    return defs[reference.rsplit("/", 1)[-1]] if reference else node


def _shape(node: Mapping[str, Any]) -> str:
    """Types only; a wider choice of values is no break for records that exist."""
    if "anyOf" in node:
        return "|".join(sorted(_shape(option) for option in node["anyOf"]))
    if "$ref" in node:
        return str(node["$ref"])
    return str(node.get("type") or ("const" if "const" in node else "any"))


def write() -> list[str]:
    """Writes what changed harmlessly; returns what would break, and leaves those files alone."""
    refused = []
    for path, content in generated().items():
        if path.parent == SCHEMAS and path.exists():
            broken = breaking(orjson.loads(path.read_bytes()), orjson.loads(content))
            if broken:
                refused += [f"{path.name} at {line}" for line in broken]
                continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return refused


def main(arguments: list[str]) -> int:
    """Writes the schemas; with `--check` only compares. Returns the exit code: 1 for a difference."""
    if "--check" in arguments:
        wrong = differences(generated())
        advice = "\nThe contract changed: run `make schemas` and commit the difference.\n"
    else:
        wrong = write()
        advice = "\nOld records and old readers would not survive this: make a v2 beside it and an upcaster.\n"
    if wrong:
        sys.stderr.write("\n".join(wrong) + advice)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
