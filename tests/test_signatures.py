"""An edit of the agreement waits for the signatures that the agreement in force asks for, in every process alike."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import ANY

import pytest
from typer.testing import CliRunner

from agreement import load
from agreement.lint import lint
from agreement.loader import read
from runtime import signatures
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.errors import Misconfigured
from runtime.http.client import AsyncClient
from runtime.http.client import client as http_client
from runtime.http.sessions import open_session
from runtime.settings import Settings
from standalone.cli import app
from standalone.house import House
from testing.service import SHIPPED
from testing.waiting import PATIENCE, eventually

NOBODY_SIGNS, BOTH_SIGN = "  signed_by: [] ", "  signed_by: [marketing, sales] "
GATE = "  total_at_least: 60\n"
WORDS = "  test_words: [test, testing, tester, asdf, qwerty]\n"
MARKETING, SALES, ADMIN = "mara", "rep-grace", "ada"
"""Somebody of each side (of a manager it is the role that signs), and who may sign for either."""
_SIGNED = statement("SELECT hash, side, who FROM house.signature ORDER BY at")
_FORGET = statement("DELETE FROM house.signature WHERE who = :who")
_BOTH = statement(
    "INSERT INTO house.signature (hash, side, who) VALUES (:hash, 'marketing', :who), (:hash, 'sales', :who)"
)
_OTHER_CODE = statement("""
    UPDATE house.agreement SET text = replace(text, '"total_at_least"', '"points_at_least"')
""")
_KEPT = statement("INSERT INTO house.agreement (hash, text) VALUES (:hash, :text)")
_AUDIT = statement("SELECT who, action, object FROM house.audit WHERE action LIKE 'signed%' ORDER BY id")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "agreement"
    shutil.copytree(SHIPPED, copy)
    edit(copy, NOBODY_SIGNS, BOTH_SIGN)
    return copy


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "definitions.yaml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def version_of(house: House) -> str:
    return house.assembly.agreement.version


@asynccontextmanager
async def signed_in(house: House, who: str) -> AsyncIterator[AsyncClient]:
    async with admin(house.dsn) as tx, tx.begin():
        secret = await open_session(tx, who, "mail")
    async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
        http.cookies.set("baton_session", secret)
        http.headers["sec-fetch-site"] = "same-origin"
        yield http


async def sign(house: House, who: str, side: str) -> int:
    """As the page's button does it."""
    async with signed_in(house, who) as http:
        page = (await http.get("/agreement")).text
        fields = dict(re.findall(r'name="(form_token|hash)" value="([^"]+)"', page))
        return (await http.post("/agreement/sign", data={**fields, "side": side})).status_code


def is_waiting(house: House, version: str) -> Callable[[], Awaitable[bool]]:
    async def waits() -> bool:
        waiting = house.assembly.running[0].context.notice.waiting
        return waiting is not None and waiting.agreement.version == version

    return waits


def is_under(houses: list[House], version: str) -> Callable[[], Awaitable[bool]]:
    async def taken() -> bool:
        return {version_of(house) for house in houses} == {version}

    return taken


def test_the_lint_wants_somebody_who_may_sign(folder: Path) -> None:
    agreement, problems, positions = read(folder)
    assert problems == []
    assert agreement is not None
    people = agreement.teams.model_copy(update={"people": ()})
    lonely = agreement.model_copy(update={"teams": people})
    found = [one.message for one in lint(lonely, positions) if one.path.startswith("house.signed_by")]
    assert found == ["nobody may sign for marketing: it takes admin, marketing, ops"]
    only = [one for one in agreement.teams.people if "admin" in one.roles][:1]
    alone = agreement.model_copy(
        update={"teams": agreement.teams.model_copy(update={"people": tuple(only), "reps": ()})}
    )
    found = [one.message for one in lint(alone, positions) if one.path == "house.signed_by"]
    assert found == ["nobody signs for two sides: it takes two people who may"]
    edit(folder, BOTH_SIGN, "  signed_by: [sales, sales] ")
    assert [one.path for one in read(folder)[1]] == ["house.signed_by[1]"]


@pytest.mark.slow
async def test_an_edit_waits_until_both_sides_have_signed_it(settings: Settings, folder: Path) -> None:
    own = settings.model_copy(update={"agreement": folder})
    one, other = House(own), House(own)
    await one.start()
    try:
        before = version_of(one)
        edit(folder, GATE, GATE.replace("60", "61"))
        edit(folder, WORDS, WORDS.replace("]", ", brandnewword]"))
        edited = load(folder).version
        await eventually(is_waiting(one, edited), what="the edit waits")
        await other.start()
        assert version_of(other) == before, "a process that starts meanwhile goes by what is signed"
        await eventually(is_waiting(other, edited), what="it waits there, too")
        async with signed_in(one, MARKETING) as http:
            page = (await http.get("/agreement")).text
        assert "waits for signatures" in page
        assert "<del>60</del> <ins>61</ins>" in page
        assert ", brandnewword</ins>" in page
        assert "&#39;brandnewword" not in page, "a list is told as words"
        async with signed_in(one, "rep-ana") as http:
            page_of_rep = await http.get("/agreement")
        assert page_of_rep.status_code == 200, "who sees only the own leads reads the agreement, too"
        assert "waits for signatures" in page_of_rep.text
        assert "Sign for" not in page_of_rep.text
        assert ("Sign for marketing" in page, "Sign for sales" in page) == (True, False)
        assert await sign(one, MARKETING, "sales") == 403
        assert await sign(one, ADMIN, "sales") == 303, "who may sign for both sides signs for one"
        assert await sign(one, ADMIN, "marketing") == 403, "and not for the other"
        async with signed_in(one, ADMIN) as http:
            assert "Sign for" not in (await http.get("/agreement")).text
        async with admin(one.dsn) as tx, tx.begin():
            await tx.execute(_FORGET, {"who": ADMIN})
        assert await sign(one, MARKETING, "marketing") == 303
        assert {version_of(one), version_of(other)} == {before}
        assert await sign(other, SALES, "sales") == 303
        await eventually(is_under([one, other], edited), what="both processes are under the edit")
        async with admin(one.dsn) as tx:
            signed = [(row.side, row.who) for row in (await tx.execute(_SIGNED)).all()]
            audit = [tuple(row) for row in (await tx.execute(_AUDIT)).all()]
        assert signed == [("marketing", MARKETING), ("sales", SALES)]
        assert audit == [
            (ADMIN, "signed the agreement for sales", edited),
            (MARKETING, "signed the agreement for marketing", edited),
            (SALES, "signed the agreement for sales", edited),
        ]
        edit(folder, GATE.replace("60", "61"), GATE)
        edit(folder, WORDS.replace("]", ", brandnewword]"), WORDS)
        await eventually(is_waiting(one, before), what="the way back is an edit like any other")
    finally:
        await other.stop()
        await one.stop()
    again = await House(own).start()
    try:
        assert version_of(again) == edited, "a restart goes by what was signed last, not by the folder"
    finally:
        await again.stop()


async def test_who_signs_says_what_is_in_force_for_the_house(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """Of two processes with a folder each, one has not heard that edits are signed."""
    edit(folder, BOTH_SIGN, NOBODY_SIGNS)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    one = House(settings.model_copy(update={"agreement": folder}))
    other = House(settings.model_copy(update={"agreement": copy}))
    await one.start()
    try:
        before = version_of(one)
        await other.start()
        edit(folder, NOBODY_SIGNS, BOTH_SIGN)
        await eventually(is_under([one], load(folder).version), what="the first is under the edit")
        edit(copy, GATE, GATE.replace("60", "61"))
        await eventually(is_waiting(other, load(copy).version), what="it waits for those who sign in the house")
        assert version_of(other) == before
    finally:
        await other.stop()
        await one.stop()


@pytest.mark.slow
async def test_an_agreement_that_was_replaced_meanwhile_is_not_taken_anew(settings: Settings, folder: Path) -> None:
    first = load(folder)
    edit(folder, GATE, GATE.replace("60", "61"))
    second = load(folder)
    edit(folder, GATE.replace("60", "61"), GATE.replace("60", "62"))
    third = load(folder)
    house = House(settings.model_copy(update={"agreement": folder}))
    await house.start()
    try:
        for now, was in ((second, third), (first, second)):
            async with house.assembly.running[0].context.database.begin() as tx:
                assert not await signatures.take(tx, now, was), "nobody has signed it"
        for now, was in ((second, third), (first, second)):
            async with admin(house.dsn) as tx, tx.begin():
                for side in was.signed_by:
                    await signatures.sign(tx, now, side, f"ada of {side}")
            async with admin(house.dsn) as tx, tx.begin():
                assert await signatures.unsigned(tx, now, was) is None
                assert await signatures.take(tx, now, was)
        async with admin(house.dsn) as tx, tx.begin():
            assert not await signatures.take(tx, second, third), "who comes late finds another in force"
            last = await signatures.last_agreed(tx, second)
        assert last.hash == first.hash
    finally:
        await house.stop()


async def test_two_signatures_of_one_person_are_one(settings: Settings, folder: Path) -> None:
    """Whatever wrote them: also what is in the database from before counts so."""
    first = load(folder)
    edit(folder, GATE, GATE.replace("60", "61"))
    second = load(folder)
    async with admin(str(settings.database and settings.database.get_secret_value())) as tx, tx.begin():
        assert await signatures.take(tx, first, first)
    async with admin(str(settings.database and settings.database.get_secret_value())) as tx, tx.begin():
        await tx.execute(_BOTH, {"hash": second.hash, "who": ADMIN})
        assert await signatures.unsigned(tx, second, first) is not None


@pytest.mark.parametrize("text", ["", "[]", '{"definitions": {"house": {"signed_by": "all"}}}'])
async def test_both_sides_sign_where_nobody_can_read_who_is_to(settings: Settings, folder: Path, text: str) -> None:
    edited = load(folder)
    async with admin(str(settings.database and settings.database.get_secret_value())) as tx, tx.begin():
        await tx.execute(_KEPT, {"hash": "0" * 64, "text": text})
        with pytest.raises(Misconfigured, match="for marketing and for sales"):
            await signatures.last_agreed(tx, edited)


@pytest.mark.slow
async def test_what_this_code_cannot_read_is_replaced_by_what_is_signed_only(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = settings.model_copy(update={"agreement": folder})
    house = await House(own).start()
    dsn = house.dsn
    await house.stop()
    edit(folder, GATE, GATE.replace("60", "61"))
    folders = load(folder)
    async with admin(dsn) as tx, tx.begin():
        await tx.execute(_OTHER_CODE)
    with pytest.raises(
        Misconfigured, match=f"version {folders.version}\\) is not signed: .*for marketing and for sales"
    ):
        await House(own).start()
    monkeypatch.setenv("BATON_DATABASE", dsn)
    monkeypatch.setenv("BATON_AGREEMENT", str(folder))

    async def baton_sign(address: str, side: str) -> tuple[int, str]:
        done = await asyncio.to_thread(CliRunner().invoke, app, ["sign", f"{address}@northwind.example", side])
        return done.exit_code, done.output

    assert await baton_sign("mara.lindqvist", "sales") == (2, ANY), "she may not"
    assert (await baton_sign("ada.fischer", "marketing"))[1].endswith(
        "for marketing. It is yet to be signed for marketing or for sales, by one more person.\n"
    )
    code, words = await baton_sign("ada.fischer", "sales")
    assert (code, "for sales somebody else signs" in words) == (2, True)
    with pytest.raises(Misconfigured, match="for marketing or for sales, by one more person"):
        await House(own).start()
    assert (await baton_sign("grace.miller", "sales"))[0] == 0
    house = await House(own).start()
    try:
        assert version_of(house) == folders.version
        assert (await baton_sign("grace.miller", "sales"))[0] == 2, "nothing waits any more"
    finally:
        await house.stop()
