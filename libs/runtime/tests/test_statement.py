"""Named parameters become positions, and a colon that is no parameter stays a colon."""

import pytest

from runtime.database.statement import statement
from runtime.errors import BatonError


def test_each_name_has_one_position_however_often_it_comes() -> None:
    compiled = statement("SELECT CAST(:b AS text) WHERE :a > 1 AND :b IS NOT NULL")
    assert compiled.sql == "SELECT CAST($1 AS text) WHERE $2 > 1 AND $1 IS NOT NULL"
    assert compiled.names == ("b", "a")
    assert compiled.arguments({"a": 1, "b": 2, "unused": 3}) == [2, 1]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(n)::int",
        "SELECT ':no', 'it''s :no'",
        r"SELECT E'it\'s :no'",
        'SELECT ":no" FROM t',
        "SELECT 1 -- :no",
        "SELECT /* :no \n :no */ 1",
        "DO $$ BEGIN PERFORM ':no :no'; x := 1; END $$",
        "DO $body$ :no $body$",
        "SELECT items[1:2], items[low:high]",
        "SELECT '12:30:00'",
    ],
)
def test_what_only_looks_like_a_parameter_stays(sql: str) -> None:
    assert statement(sql).sql == sql
    assert statement(f"{sql}\n, :yes").names == ("yes",)


def test_a_parameter_may_be_cast_and_be_the_bound_of_a_slice() -> None:
    assert statement("SELECT :n::int, items[:low : :high]").sql == "SELECT $1::int, items[$2 : $3]"


def test_its_text_is_what_it_was_made_from() -> None:
    text = "SELECT 1 WHERE :a"
    assert str(statement(text)) == text
    assert statement(f"{statement(text)} FOR UPDATE").sql == "SELECT 1 WHERE $1 FOR UPDATE"


@pytest.mark.parametrize("given", [None, {}, {"b": 1}])
def test_a_missing_parameter_is_our_bug_and_no_poison(given: dict[str, object] | None) -> None:
    with pytest.raises(BatonError, match=r"without its parameters a$"):
        statement("SELECT :a").arguments(given)
