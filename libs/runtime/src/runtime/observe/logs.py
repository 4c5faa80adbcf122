"""Logs: one line per batch as JSON or in colours, and nothing in them that looks like a credential."""

import logging
import re
import sys
from collections.abc import Mapping
from io import TextIOBase
from typing import Any, Final, TextIO, cast

import structlog

from runtime.observe.describe import trace

_SECRET: Final = re.compile(r"xox[abp]-|whsec_|hooks\.slack\.com/services/|\blk_|Bearer |Basic |://[^/@\s]*:[^/@\s]+@")


def _hide_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Nothing that looks like a credential reaches a log."""
    for name, value in event.items():
        event[name] = _hidden(value)
    return event


def _trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Frames, types and places; no message that may quote what somebody wrote."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        event["exception"] = trace(error)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return "[hidden]" if _SECRET.search(value) else value
    if isinstance(value, Mapping):
        return {key: _hidden(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(inner) for inner in value]
    return value


class _StandardError(TextIOBase):
    """Whatever stderr is at the moment of writing: it may have been replaced, and the old one closed."""

    def write(self, words: str) -> int:
        return sys.stderr.write(words)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logs(*, as_json: bool | None = None, quiet: bool = False) -> None:
    """JSON lines where nobody is looking, colours in a terminal; `quiet`: only what is wrong."""
    machine = not sys.stderr.isatty() if as_json is None else as_json
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if machine
        # plain: the rich one prints every local of every frame, which freezes the house for minutes
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace,
            _hide_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
