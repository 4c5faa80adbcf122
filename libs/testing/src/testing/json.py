"""JSON that tests read, by its shape: a TypedDict, a list or a dict of them."""

from typing import TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def read(shape: type[T], body: bytes) -> T:
    """JSON text as this shape, with all its fields, also those that the shape does not name.

    Raises pydantic.ValidationError when a field is missing or of another type.
    """
    return TypeAdapter(shape).validate_json(body, strict=True, extra="allow")


def as_shape(shape: type[T], value: object) -> T:
    """The same of what is no text any more: a row of the database, a YAML file."""
    return TypeAdapter(shape).validate_python(value, strict=True, extra="allow")
