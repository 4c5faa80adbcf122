"""What goes wrong in the database is said without a word of what was given or stored: no log may hold it."""

import traceback

import asyncpg
import pytest

from runtime.database.connection import Connection
from runtime.database.driver_errors import DRIVER_ERRORS
from runtime.database.fates import is_poison
from runtime.database.statement import statement

PERSON = "ada@canary.example"
ADD = statement("INSERT INTO person (email) VALUES (:email)")


FAILING = {
    "a key that is there": ("INSERT INTO person (email) VALUES (:x)", asyncpg.UniqueViolationError),
    "a check": ("UPDATE person SET age = -1 WHERE email = :x", asyncpg.CheckViolationError),
    "no number": ("SELECT CAST(CAST(:x AS text) AS int)", asyncpg.InvalidTextRepresentationError),
    "no date": ("SELECT CAST(CAST(:x AS text) AS date)", asyncpg.InvalidDatetimeFormatError),
    "no JSON": ("SELECT CAST(CAST(:x AS text) AS jsonb)", asyncpg.InvalidTextRepresentationError),
    "no argument": ("SELECT CAST(:x AS int)", asyncpg.DataError),
    "no array": ("SELECT CAST(:x AS timestamptz[])", asyncpg.DataError),
    "no path": ("SELECT CAST(CAST(:x AS text) AS jsonpath)", asyncpg.PostgresError),
    "raised in SQL": (
        "SELECT shout(:x)",
        asyncpg.RaiseError,
    ),
}
SHOUT = statement("""
    CREATE FUNCTION shout(who text) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no place for %', who USING HINT = who, DETAIL = who; END $$
""")


@pytest.mark.parametrize("case", FAILING)
async def test_no_error_says_what_was_given(connection: Connection, case: str) -> None:
    sql, kind = FAILING[case]
    await connection.execute(SHOUT)
    await connection.execute(ADD, {"email": PERSON})
    with pytest.raises(DRIVER_ERRORS) as caught:
        await connection.execute(statement(sql), {"x": PERSON})
    error = caught.value
    assert isinstance(error, kind)
    shown = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    assert not [text for text in shown if "canary" in text.casefold()]


async def test_a_deferred_check_says_nothing_either(connection: Connection) -> None:
    await connection.execute(
        statement("CREATE TABLE child (email text REFERENCES person DEFERRABLE INITIALLY DEFERRED)")
    )

    async def adopt() -> None:
        async with connection.begin():
            await connection.execute(statement("INSERT INTO child VALUES (:x)"), {"x": PERSON})

    with pytest.raises(asyncpg.ForeignKeyViolationError) as caught:
        await adopt()
    assert "canary" not in f"{caught.value} {vars(caught.value)}"
    assert caught.value.constraint_name == "child_email_fkey"
    assert is_poison(caught.value)


async def test_an_argument_that_is_no_such_value_is_named(connection: Connection) -> None:
    with pytest.raises(asyncpg.DataError, match=r"^invalid input for the parameter :age \(str\)$") as caught:
        await connection.execute(statement("SELECT CAST(:n AS int), CAST(:age AS int)"), {"n": 1, "age": PERSON})
    assert is_poison(caught.value)
    assert caught.value.__cause__ is None
