"""What the reader of `testing.reads` must know of types: attributes, elements of containers, results of calls."""

import contextlib
import types
from collections import abc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    NewType,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

KEEPS_ELEMENTS: Final = (sorted, reversed, iter, list, tuple, set, frozenset)
ONE_ELEMENT: Final = (min, max, next)
MAPPINGS: Final = (dict, abc.Mapping, abc.MutableMapping)
OF_MAPPING: Final = ("get", "pop", "setdefault")


@dataclass(frozen=True, slots=True)
class Named:
    """A class, a function or a module under its own name, in contrast to an instance of the class."""

    value: Any


@dataclass(frozen=True, slots=True)
class Arms:
    """A union."""

    kinds: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """An attribute of a value whose type does not declare it, or a method."""

    owner: Any
    name: str


def generic(origin: Any, *arguments: Any) -> Any:
    """`list[int]` from `list` and `int`; what is not known becomes `Any`."""
    plain = tuple(Any if one is None or isinstance(one, Named | Bound) else one for one in arguments)
    return types.GenericAlias(origin, plain)


def members(kind: Any) -> Iterator[Any]:
    """The arms of a union, without None and without wrappings such as Annotated and Final."""
    origin = get_origin(kind)
    if isinstance(kind, Arms):
        yield from kind.kinds
    elif origin in (Annotated, ClassVar, Final):
        yield from members(get_args(kind)[0])
    elif origin in (Union, types.UnionType):
        for one in get_args(kind):
            yield from members(one)
    elif isinstance(kind, NewType):
        yield from members(kind.__supertype__)
    elif isinstance(kind, TypeVar):
        yield from members(kind.__bound__)
    elif origin is Literal:
        yield str
    elif kind not in (None, Any, Final, ClassVar, type(None)):
        yield kind


def union(kinds: Iterable[Any]) -> Any:
    """One type for several; None when none is known. Names (functions, classes) win only when alone."""
    known = [kind for kind in kinds if kind is not None]
    plain = list(dict.fromkeys(one for kind in known if not isinstance(kind, Named | Bound) for one in members(kind)))
    if not plain:
        return known[0] if known else None
    return plain[0] if len(plain) == 1 else Arms(tuple(plain))


def element(kind: Any, index: int | None = None) -> Any:
    """What iterating over (or indexing) a value of this type gives; of a mapping, its keys."""
    return union(_element(one, index) for one in members(kind))


def _element(kind: Any, index: int | None) -> Any:
    arguments = get_args(kind)
    if not arguments or get_origin(kind) is abc.Callable:
        return None
    if get_origin(kind) is tuple:
        if arguments[-1] is Ellipsis:
            return arguments[0]
        return arguments[index] if index is not None and -len(arguments) <= index < len(arguments) else union(arguments)
    return arguments[0]


def fields_of(kind: Any) -> list[str]:
    """Names of all fields, if it is a pydantic model or a Body."""
    of_each = (getattr(one, "model_fields", getattr(one, "__struct_fields__", ())) for one in members(kind))
    return [name for fields in of_each for name in fields]


def parameters(kind: Any) -> tuple[Any, ...]:
    """What the functions take that a table of this type holds: of `dict[str, Callable[[Fit], int]]`, Fit."""
    for one in members(kind):
        if get_origin(one) is abc.Callable and isinstance(get_args(one)[0], list):
            return tuple(get_args(one)[0])
        for argument in get_args(one):
            if inner := parameters(argument):
                return inner
    return ()


def instance(kind: Any) -> Any:
    """The type of what a class makes."""
    return kind.value if isinstance(kind, Named) and isinstance(kind.value, type) else None


def of_value(value: Any) -> Any:
    """The type of a value that a module holds: a name for a class, function or module; else its class."""
    if value is None:
        return None
    if isinstance(value, type | types.ModuleType) or callable(value):
        return Named(value)
    return type(value)


@lru_cache(maxsize=4096)
def hints(holder: Any) -> dict[str, Any]:
    """Annotations of a class, function or module; nothing where they cannot be resolved."""
    with contextlib.suppress(NameError, TypeError, AttributeError):
        return get_type_hints(holder)
    return {}


def attribute(owner: Any, name: str) -> tuple[list[type], Any]:
    """The classes that declare this attribute of a value, and its type: a field's, a property's, or a bound method."""
    if isinstance(owner, Named):
        declared = hints(owner.value).get(name) if isinstance(owner.value, types.ModuleType) else None
        return [], declared if declared not in (None, Final) else of_value(getattr(owner.value, name, None))
    declaring, kinds = list[type](), list[Any]()
    for member in members(owner):
        klass = get_origin(member) or member
        for base in klass.__mro__ if isinstance(klass, type) and klass is not type else ():
            if name in vars(base).get("__annotations__", {}):
                declaring.append(base)
                kinds.append(hints(base).get(name))
                break
            if name in vars(base):
                kinds.append(_descriptor(vars(base)[name], member, name))
                break
    return declaring, union(kinds) if kinds else Bound(owner, name)


def _descriptor(value: Any, owner: Any, name: str) -> Any:
    if isinstance(value, property):
        return hints(value.fget).get("return")
    if isinstance(value, cached_property):
        return hints(value.func).get("return")
    return Bound(owner, name)


def result(callee: Any, arguments: Sequence[Any]) -> Any:
    """The type of what a call gives."""
    first = arguments[0] if arguments else None
    if isinstance(callee, Bound):
        return union(_method(one, callee.name) for one in members(callee.owner))
    if isinstance(callee, Named):
        return _named(callee.value, arguments, first)
    for one in members(callee):
        if get_origin(one) is abc.Callable:
            return get_args(one)[-1]
    return None


def _named(value: Any, arguments: Sequence[Any], first: Any) -> Any:
    if value in KEEPS_ELEMENTS:
        return generic(list, element(first))
    if value in ONE_ELEMENT:
        return union(arguments) if len(arguments) > 1 and value is not next else element(first)
    if value is enumerate:
        return generic(list, generic(tuple, int, element(first)))
    if value is zip:
        return generic(list, generic(tuple, *(element(one) for one in arguments)))
    if value is dict:
        return first
    if isinstance(value, type):
        return value
    owner = getattr(value, "__self__", None)
    returned = hints(value).get("return")
    return owner if returned is Self and isinstance(owner, type) else returned


def _method(owner: Any, name: str) -> Any:
    klass, arguments = get_origin(owner) or owner, get_args(owner)
    if klass in MAPPINGS and len(arguments) == 2:
        views = {"values": generic(list, arguments[1]), "items": generic(list, generic(tuple, *arguments))}
        return arguments[1] if name in OF_MAPPING else views.get(name)
    if name in ("pop", "popleft"):
        return element(owner)
    if name in ("copy", "model_copy"):
        return owner
    returned = hints(getattr(klass, name, None)).get("return")
    return owner if returned is Self else returned
