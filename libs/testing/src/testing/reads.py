"""Which fields of which classes a piece of code reads, reads in its source with the types that the code declares.

Nothing is run: the text of each module is walked with the annotations of parameters, fields, properties and results
(the tree is typed strictly, so nearly every expression has a type that can be looked up). `rule.kind` is a read of
`NoticeRule.kind` where `rule` is a NoticeRule, and of `KindTerm.kind` where it is one. What cannot be typed (`Any`, a
lambda whose caller is not typed) is no read: such code must name its types to be believed.
"""

import ast
import builtins
import inspect
from collections import abc
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, Final

from testing.shapes import (
    Bound,
    Named,
    attribute,
    element,
    fields_of,
    generic,
    instance,
    of_value,
    parameters,
    result,
    union,
)

Read = tuple[type, str]
"""A class and the name of one of its fields; the class is the one that declares the field."""
Reads = dict[Read, set[str]]
"""What is read, with the names of the modules that do."""
Scope = dict[str, Any]
"""Names of local variables with their types; None where the type is not known."""

DUMPS: Final = ("model_dump", "model_dump_json", "values")
UNTYPED: Final = (NameError, TypeError, AttributeError, SyntaxError)


def reads_of(modules: Iterable[ModuleType]) -> Reads:
    """What the functions and classes of these modules read; nothing of them is called."""
    reads: Reads = {}
    fields: dict[Read, Any] = {}
    walks = [(Walk(module, reads, fields), ast.parse(inspect.getsource(module)).body) for module in modules]
    known = -1
    while known < len(fields):  # a module may read what one further down sets without declaring it
        known = len(fields)
        for walk, statements in walks:
            walk.body(statements, {})
    return reads


class Walk:
    """One pass over one module's text; `reads` is added to, and `fields`: types of what `__init__` sets untyped."""

    def __init__(self, module: ModuleType, reads: Reads, fields: dict[Read, Any]) -> None:
        self._module, self._reads, self._fields = module, reads, fields
        self._callbacks: tuple[Any, ...] = ()
        """Types that the lambdas of a typed table take."""

    def body(self, statements: Sequence[ast.stmt], scope: Scope, owner: type | None = None) -> None:
        """Statements in order. `owner`: the class whose body they are."""
        for statement in statements:
            self._statement(statement, scope, owner)

    def _statement(self, node: ast.stmt, scope: Scope, owner: type | None) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope, owner)
            case ast.ClassDef():
                held = getattr(owner or self._module, node.name, None)
                self.body(node.body, dict(scope), held if isinstance(held, type) else None)
            case ast.AnnAssign():
                kind = self._evaluated(node.annotation)
                self._bind(node.target, kind, scope)
                if node.value is not None:
                    self._callbacks = parameters(kind)
                    self.type_of(node.value, scope)
                    self._callbacks = ()
            case ast.Assign():
                value = self.type_of(node.value, scope)
                for target in node.targets:
                    self._bind(target, value, scope)
            case ast.For() | ast.AsyncFor():
                self._bind(node.target, element(self.type_of(node.iter, scope)), scope)
                self.body([*node.body, *node.orelse], scope)
            case ast.Match():
                subject = self.type_of(node.subject, scope)
                for case in node.cases:
                    self._pattern(case.pattern, subject, scope)
                    self._children(case, scope)
            case _:
                self._children(node, scope)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, owner: type | None) -> None:
        inner = dict(scope)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for argument in arguments:
            inner[argument.arg] = self._evaluated(argument.annotation)
        if owner is not None and arguments:
            by_class = any(isinstance(one, ast.Name) and one.id == "classmethod" for one in node.decorator_list)
            inner[arguments[0].arg] = Named(owner) if by_class else owner
        scope[node.name] = generic(abc.Callable, ..., self._evaluated(node.returns))
        for expression in (*node.args.defaults, *filter(None, node.args.kw_defaults), *node.decorator_list):
            self.type_of(expression, scope)
        self.body(node.body, inner)

    def _pattern(self, pattern: ast.pattern, subject: Any, scope: Scope) -> None:
        match pattern:
            case ast.MatchClass():
                subject = instance(self.type_of(pattern.cls, scope))
                for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
                    self._pattern(inner, self._attribute(subject, name), scope)
            case ast.MatchAs(pattern=inner, name=name):
                if isinstance(inner, ast.MatchClass):
                    subject = instance(self.type_of(inner.cls, scope))
                if inner is not None:
                    self._pattern(inner, subject, scope)
                if name is not None:
                    scope[name] = subject
            case _:
                part = element(subject) if isinstance(pattern, ast.MatchSequence) else subject
                for child in ast.iter_child_nodes(pattern):
                    if isinstance(child, ast.pattern):
                        self._pattern(child, part, scope)

    def _bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        match target:
            case ast.Name(id=name):
                scope[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for index, part in enumerate(parts):
                    self._bind(part, element(value, index), scope)
            case ast.Starred(value=inner):
                self._bind(inner, generic(list, value), scope)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if isinstance(scope.get("self"), type):
                if value not in (None, Any) and not isinstance(value, Bound):
                    self._fields.setdefault((scope["self"], name), value)
            case _:
                self.type_of(target, scope)

    def type_of(self, node: ast.expr, scope: Scope) -> Any:
        """The type of an expression, None where it is not known. Records the reads inside it on the way."""
        match node:
            case ast.Name(id=name):
                return scope[name] if name in scope else self._global(name)
            case ast.Attribute():
                return self._attribute(self.type_of(node.value, scope), node.attr)
            case ast.Call():
                return self._call(node, scope)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.NamedExpr():
                value = self.type_of(node.value, scope)
                self._bind(node.target, value, scope)
                return value
            case ast.Await() | ast.Starred():
                return self.type_of(node.value, scope)
            case ast.BoolOp() | ast.IfExp() | ast.BinOp():
                parts = [
                    self.type_of(child, scope) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)
                ]
                return union(parts[1:] if isinstance(node, ast.IfExp) else parts)
            case _:
                return self._display(node, scope)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        owner = self.type_of(node.value, scope)
        self.type_of(node.slice, scope)
        if isinstance(node.slice, ast.Slice):
            return owner
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        values = result(Bound(owner, "get"), ())
        return values if values is not None else element(owner, index if isinstance(index, int) else None)

    def _display(self, node: ast.expr, scope: Scope) -> Any:
        match node:
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                inner = self._comprehension(node.generators, scope)
                return generic(list, self.type_of(node.elt, inner))
            case ast.DictComp():
                inner = self._comprehension(node.generators, scope)
                return generic(dict, self.type_of(node.key, inner), self.type_of(node.value, inner))
            case ast.List(elts=parts) | ast.Set(elts=parts):
                return generic(list, union(self._item(part, scope) for part in parts))
            case ast.Tuple(elts=parts):
                types = [self._item(part, scope) for part in parts]
                if any(isinstance(part, ast.Starred) for part in parts):
                    return generic(list, union(types))
                return generic(tuple, *types)
            case ast.Dict(keys=keys, values=values):
                key = union(self.type_of(one, scope) for one in keys if one is not None)
                return generic(dict, key, union(self.type_of(one, scope) for one in values))
            case ast.Lambda():
                return self._lambda(node, (), scope)
            case ast.Constant(value=value):
                return type(value)
            case _:
                self._children(node, scope)
                return None

    def _item(self, part: ast.expr, scope: Scope) -> Any:
        kind = self.type_of(part, scope)
        return element(kind) if isinstance(part, ast.Starred) else kind

    def _comprehension(self, generators: Iterable[ast.comprehension], scope: Scope) -> Scope:
        inner = dict(scope)
        for one in generators:
            self._bind(one.target, element(self.type_of(one.iter, inner)), inner)
            for condition in one.ifs:
                self.type_of(condition, inner)
        return inner

    def _lambda(self, node: ast.Lambda, arguments: Sequence[Any], scope: Scope) -> Any:
        names = [argument.arg for argument in node.args.args]
        types = [*(arguments or self._callbacks), *[None] * len(names)][: len(names)]
        return generic(abc.Callable, ..., self.type_of(node.body, scope | dict(zip(names, types, strict=True))))

    def _children(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.stmt():
                    self._statement(child, scope, None)
                case ast.expr():
                    self.type_of(child, scope)
                case ast.withitem(context_expr=opened, optional_vars=target):
                    value = self.type_of(opened, scope)
                    if target is not None:
                        self._bind(target, value, scope)
                case ast.pattern():
                    pass
                case _:
                    self._children(child, scope)

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        callee = self.type_of(node.func, scope)
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        types = {one: self.type_of(one, scope) for one in values if not isinstance(one, ast.Lambda)}
        arguments = [types.get(argument) for argument in node.args]
        items = [element(one) for one in arguments if one is not None]
        for one in values:
            if isinstance(one, ast.Lambda):  # as in `sorted(rules, key=lambda rule: ...)`
                self._lambda(one, items, scope)
        if isinstance(callee, Bound) and callee.name in DUMPS:
            self._dump(callee.owner, node)
        if callee == Named(getattr):
            name = node.args[1]
            if isinstance(name, ast.Constant):
                return self._attribute(arguments[0], str(name.value))
            return union([self._attribute(arguments[0], field) for field in fields_of(arguments[0])])
        return result(callee, arguments)

    def _dump(self, owner: Any, node: ast.Call) -> None:
        """A dump reads every field, or those it includes; so does `getattr` with a name that is not written there."""
        fields = fields_of(owner)
        for keyword in node.keywords:
            if keyword.arg == "include":
                fields = [*eval(ast.unparse(keyword.value), vars(self._module))]
        for name in fields:
            self._attribute(owner, name)

    def _attribute(self, owner: Any, name: str) -> Any:
        declared, kind = attribute(owner, name)
        if isinstance(kind, Bound) and isinstance(owner, type):
            kind = self._fields.get((owner, name), kind)
        for klass in declared:
            self._reads.setdefault((klass, name), set()).add(self._module.__name__)
        return kind

    def _global(self, name: str) -> Any:
        if name in getattr(self._module, "__annotations__", {}):
            return attribute(Named(self._module), name)[1]
        return of_value(getattr(self._module, name, getattr(builtins, name, None)))

    def _evaluated(self, annotation: ast.expr | None) -> Any:
        if annotation is None:
            return None
        text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
        try:
            return eval(str(text), vars(self._module))
        except UNTYPED:
            return None
