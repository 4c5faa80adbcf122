"""How pydantic reads and writes a Body: at HTTP, in the agreement, wherever people and tools speak to us."""

from collections.abc import Callable
from datetime import datetime
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    TypeAdapter,
    create_model,
)
from pydantic_core import PydanticCustomError, core_schema

from events.body import OUTSIDE, Body, default_of

B = TypeVar("B", bound=Body)
MOST_NUMBER: Final = 2**63
"""No whole number is as large."""


def checked(shape: type[B], values: object) -> B:
    """What came from outside as a Body; numbers and times that are written as text are understood.

    Raises pydantic's ValidationError, whose locations name the wrong fields.
    """
    body: B = _adapter(shape).validate_python(values)
    return body


def outside_schema(shape: type[Body], ref_template: str) -> dict[str, Any]:
    """The JSON Schema of what `checked` takes."""
    return _adapter(shape).json_schema(ref_template=ref_template)


@cache
def _adapter(shape: type[B]) -> TypeAdapter[B]:
    return TypeAdapter(shape)


def core_schema_of(shape: type[Body], handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    """pydantic's schema: an instance passes as it is, all else is read field by field; it is written without nulls."""

    def read(value: Any, inner: core_schema.ValidatorFunctionWrapHandler) -> Body:
        if isinstance(value, shape):
            return value
        model = inner(value)
        return shape(**{name: getattr(model, name) for name in shape.__struct_fields__})

    writer = core_schema.plain_serializer_function_ser_schema(_write)
    return core_schema.no_info_wrap_validator_function(read, handler(_model(shape)), serialization=writer)


def _write(value: Any) -> Any:
    return msgspec.to_builtins(value)


@cache
def _model(shape: type[Body]) -> type[BaseModel]:
    """The shape as pydantic would have it."""
    hints = get_type_hints(shape, include_extras=True)
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(shape):
        default = default_of(field)
        fields[field.name] = (_annotation(hints[field.name]), ... if default is NODEFAULT else default)
    return create_model(shape.__name__, __doc__=shape.__doc__, __module__=shape.__module__, **fields)


def _annotation(annotation: Any) -> Any:
    """msgspec's constraints as pydantic's, however deep they stand."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return reduce(_constrained, arguments[1:], _annotation(arguments[0]))
    if origin in (Union, UnionType):
        return reduce(or_, (_annotation(one) for one in arguments))
    if origin in (tuple, list, dict):
        return origin[tuple(_annotation(one) for one in arguments)]
    if annotation is int:
        return Annotated[int, BeforeValidator(_number), AfterValidator(_kept)]
    return Annotated[float, BeforeValidator(_number)] if annotation is float else annotation


def _number(value: Any) -> Any:
    """Whatever it is, but for yes and no, which pydantic would read as 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "must be a number")
    return value


def _kept(value: int) -> int:
    """The number, if the wire and the databases behind it can hold it: 64 bits with a sign."""
    if not -MOST_NUMBER <= value < MOST_NUMBER:
        raise PydanticCustomError("number_size", "is too large a number")
    return value


def _constrained(annotation: Any, meta: Any) -> Any:
    if not isinstance(meta, msgspec.Meta):
        return Annotated[annotation, meta]
    if meta.tz and annotation is datetime:
        return AwareDatetime
    bounded = Annotated[annotation, Field(ge=meta.ge, le=meta.le, pattern=meta.pattern)]
    rule = (meta.extra or {}).get(OUTSIDE)
    return Annotated[bounded, AfterValidator(_in_our_words(rule))] if rule else bounded


def _in_our_words(rule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rule, whose message stands alone: pydantic would put its own words before it."""

    def check(value: Any) -> Any:
        try:
            return rule(value)
        except ValueError as error:
            raise PydanticCustomError("outside", "{words}", {"words": str(error)}) from None

    return check
