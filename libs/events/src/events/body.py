"""What everything on the wire is made of: `Body`, a frozen msgspec Struct whose nulls are left out and nothing else."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Self, dataclass_transform

import msgspec
from msgspec import NODEFAULT

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant: it knows its zone."""
OUTSIDE: Final = "outside"
"""In `Meta(extra=...)`: a rule that holds at the edge only (`events.edge`); it returns the value, or raises ValueError.

What was kept before there was the rule must be read for ever.
"""
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_WRITTEN: Final = {"frozen": True, "kw_only": True, "omit_defaults": True}


class WrittenDefault:
    """Makes a default that stands on the wire like any other value: msgspec leaves out only those it can compare."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __call__(self) -> Any:
        return self._make()


class BodyType(msgspec.StructMeta):
    """Every class is frozen and takes keywords only; a null is left out on the wire, any other default is written."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **given: Any) -> "BodyType":
        """The class that `class Data(Body): ...` says."""
        for field, annotation in namespace.get("__annotations__", {}).items():
            if field in namespace and "ClassVar" not in str(annotation):
                namespace[field] = _written(namespace[field])
        return super().__new__(mcs, name, bases, namespace, **{**_WRITTEN, **given})


def _written(default: Any) -> Any:
    if default is None:
        return None
    if not isinstance(default, type(msgspec.field())):
        return msgspec.field(default_factory=WrittenDefault(lambda: default))
    make: Any = default.default_factory
    return default if make is NODEFAULT else msgspec.field(default_factory=WrittenDefault(make), name=default.name)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Body(msgspec.Struct, frozen=True, kw_only=True, metaclass=BodyType):
    """Wire shape: frozen, and tolerant of fields that a newer writer added. A constructor checks no values."""

    @classmethod
    def read(cls, value: object) -> Self:
        """From plain values, as JSON gives them, every value checked. Raises ValueError with the first wrong field."""
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            raise ValueError(complaint(error)) from None

    def replaced(self, **changes: Any) -> Self:
        """A copy with these fields changed; nothing is validated again."""
        return msgspec.structs.replace(self, **changes)

    def values(self) -> dict[str, Any]:
        """Its fields by name; what they hold is left as it is."""
        return msgspec.structs.asdict(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, handler: Any) -> Any:
        """Lets pydantic read and write it where it is a part of a request, an answer or the agreement."""
        from events import edge  # noqa: PLC0415  pydantic is imported only where people and tools speak to us

        return edge.core_schema_of(cls, handler)


def fields_of(shape: type[Body]) -> tuple[str, ...]:
    """Names of all fields, in the order of the wire."""
    return shape.__struct_fields__


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    """The default of a field as a value; msgspec's NODEFAULT when it has none."""
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def wire(body: Body) -> bytes:
    """As JSON, as it stands on the wire: without nulls."""
    return msgspec.json.encode(body)


def wire_values(body: Body) -> dict[str, Any]:
    """As plain JSON values (times are text), as it stands on the wire: without nulls."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(body))
    return values


def plain(value: Any) -> Any:
    """Any value as plain JSON values, all fields of a Body among them, also those that are null."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Body):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict | Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return msgspec.to_builtins(value) if isinstance(value, datetime | date) else value


def complaint(error: msgspec.ValidationError) -> str:
    """msgspec's message as `path: what was expected`. Never a value: it may be personal."""
    complaint, _, path = str(error).partition(" - at `")
    where = path.removesuffix("`").removeprefix("key in ").removeprefix("$").removeprefix(".") or "the whole"
    if complaint.startswith("Object missing required field"):
        name = complaint.split("`")[1]
        return f"{name if where == 'the whole' else f'{where}.{name}'}: is missing"
    if complaint.startswith("Invalid enum value"):
        complaint = "is none of the values allowed"
    return f"{where}: {complaint}"
