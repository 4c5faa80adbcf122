"""An error in words says what and where, and nothing of what somebody wrote."""

import io
import sys

import asyncpg
import pytest
import structlog
from pydantic import BaseModel

from events.codec import decode, head
from runtime.database.connect import Database
from runtime.database.driver_errors import DRIVER_ERRORS
from runtime.database.statement import statement
from runtime.errors import Stale
from runtime.observe.describe import describe, trace
from runtime.observe.logs import configure_logs

CANARY = "canary.anna@example.com"


class Person(BaseModel):
    address: int | None = None
    notes: dict[str, int] = {}


def raised(wrong: object) -> Exception:
    try:
        match wrong:
            case Exception():
                raise wrong
            case dict():
                Person.model_validate(wrong)
            case bytes():
                head(wrong)
                decode(wrong)
    except Exception as error:  # noqa: BLE001
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (ValueError(CANARY), "ValueError at tests/test_describe.py"),
        (KeyError(CANARY), "KeyError at tests/test_describe.py"),
        (RuntimeError(CANARY), "RuntimeError at tests/test_describe.py"),
        (Stale("lane 3 is not where it was read from"), "Stale: lane 3 is not where it was read from"),
        ({"address": CANARY}, "ValidationError at address (int_parsing)"),
        ({"notes": {CANARY: "x"}}, "ValidationError at notes.* (int_parsing)"),
        (b'{"type":"lead.cooled.v1","subject":"s","id":"1","data":{"total":"canary.anna@example.com"}}', "Unreadable"),
        (b'{"type":"canary.anna@example.com', "Unreadable"),
        (asyncpg.DataError(f'invalid input syntax for type integer: "{CANARY}"'), "DataError (22000)"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_value_never_stands_in_it(wrong: object, words: str) -> None:
    error = raised(wrong)
    assert describe(error).startswith(words)
    assert "canary" not in describe(error)
    assert trace(error).endswith(describe(error))


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("INSERT INTO tally (subject, n, chain) VALUES (:x, NULL, :x)", "NotNullViolationError (23502): table tally"),
        ("SELECT CAST(CAST(:x AS text) AS int)", "InvalidTextRepresentationError (22P02)"),
        ("SELECT renamed FROM tally WHERE subject = :x", "UndefinedColumnError (42703)"),
    ],
)
async def test_an_error_of_the_database_shows_no_parameter_and_no_row(bench_dsn: str, sql: str, words: str) -> None:
    database = Database(bench_dsn, "scoring")
    try:
        with pytest.raises(DRIVER_ERRORS) as caught:
            async with database.begin() as tx:
                await tx.execute(statement(sql), {"x": CANARY})
    finally:
        await database.close()
    assert describe(caught.value).startswith(words)
    assert "canary" not in describe(caught.value)
    assert "canary" not in trace(caught.value)


def test_a_log_line_with_an_error_shows_its_frames_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    before = structlog.get_config()
    try:
        configure_logs(as_json=True)
        structlog.get_logger().error("crash", exc_info=raised(ValueError("canary " + str(3))))
        structlog.get_logger().error("broken", exc_info=raised({"address": "canary " + str(3)}))
    finally:
        structlog.configure(**before)
    assert "ValueError at tests/test_describe.py" in written.getvalue()
    assert "ValidationError at address" in written.getvalue()
    assert "canary 3" not in written.getvalue()
