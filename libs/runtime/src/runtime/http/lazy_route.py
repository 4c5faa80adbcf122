"""Routes whose parameters are read when they are first asked for: of a house's 230, a process is asked for few.

FastAPI reads an endpoint's signature and makes a validator of each parameter when the route is declared, and once more
when its router is included. That is half of what a house needs to open.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name

from runtime.http.parameters import FOR_PROGRAMS, refuse_unknown


class LazyRoute(APIRoute):
    """An APIRoute that knows its path and methods; whoever asks for anything else makes it whole first.

    What is wrong with its endpoint is raised then: tests/test_policy.py makes every route of the house whole. A route
    of the API refuses parameters that it does not read, after its guards have spoken.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._declared: dict[str, Any] | None = options
        """The options of an APIRoute, until it is made whole."""
        self.path = path
        self.endpoint = endpoint
        self.name = options.get("name") or get_name(endpoint)
        self.methods = {method.upper() for method in options.get("methods") or ("GET",)}
        self.include_in_schema = bool(options.get("include_in_schema", True))
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there yet."""
        options = self.__dict__.get("_declared")
        if options is None:
            raise AttributeError(f"a route has no {name}")
        self._declared = None
        try:
            super().__init__(self.path, self.endpoint, **options)
            if self.path.startswith(FOR_PROGRAMS):
                last = Depends(refuse_unknown(self.dependant))
                self.dependant.dependencies.append(get_parameterless_sub_dependant(depends=last, path=self.path_format))
        except BaseException:
            self._declared = options  # whoever asks again is told the same
            raise
        return getattr(self, name)


def add_routes(app: FastAPI, router: APIRouter) -> None:
    """The routes of the router, as they are; they carry its prefix, tags and dependencies already."""
    app.router.routes.extend(router.routes)
