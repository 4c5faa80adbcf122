"""Which agreement is in force, and which signatures count, as the database tells: whatever clock and code wrote it."""

import re
from pathlib import Path

import pytest
from tests.test_signatures import GATE, MARKETING, SALES, edit, folder

from agreement import load
from events.vocabulary import Side
from runtime import signatures
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.settings import Settings

__all__ = ["folder"]
_FEWER_TERMS = statement("""
    UPDATE house.agreement SET hash = 'of code that knew fewer terms',
           text = CAST(CAST(text AS jsonb) #- '{events,machines,beside_automatic}' AS text)
""")
_BY_SIDE: dict[Side, str] = {"marketing": MARKETING, "sales": SALES}
_AHEAD = {
    "in force": statement("UPDATE house.agreement SET in_force_at = in_force_at + interval '2 hours'"),
    "signed": statement("UPDATE house.signature SET at = at + interval '2 hours'"),
}
"""As a server's clock had it that was two hours ahead then, and was put right."""
_KEPT = statement("SELECT hash FROM house.agreement")


def dsn_of(settings: Settings) -> str:
    assert settings.database is not None
    return settings.database.get_secret_value()


def edit_events(folder: Path) -> None:
    """The terms that `_FEWER_TERMS` takes away are as if they were not written."""
    path = folder / "events.yaml"
    path.write_text(re.sub(r"beside_automatic: \[[^]]*\]", "beside_automatic: []", path.read_text()))


@pytest.mark.parametrize("ahead", _AHEAD)
async def test_what_came_first_decides_though_the_clock_was_put_right(
    settings: Settings, folder: Path, ahead: str
) -> None:
    first = load(folder)
    edit(folder, GATE, GATE.replace("60", "61"))
    second = load(folder)
    edit(folder, GATE.replace("60", "61"), GATE.replace("60", "62"))
    third = load(folder)
    async with admin(dsn_of(settings)) as tx, tx.begin():
        assert await signatures.take(tx, first, first)
        await signatures.sign(tx, third, "sales", SALES)
        await tx.execute(_AHEAD[ahead])
        for side, who in _BY_SIDE.items():
            assert await signatures.unsigned(tx, second, first) is not None
            await signatures.sign(tx, second, side, who)
        assert await signatures.unsigned(tx, second, first) is None
        assert await signatures.take(tx, second, first)
        assert await signatures.last_agreed(tx, third) == second
        await signatures.sign(tx, third, "marketing", MARKETING)
        assert await signatures.unsigned(tx, third, second) is not None, "sales signed a change of what was before"


async def test_what_code_with_fewer_terms_wrote_is_the_same_agreement(settings: Settings, folder: Path) -> None:
    """It waits for nobody, and is kept as that code can read it: a house may go back to it."""
    edit_events(folder)
    first = load(folder)
    dsn = dsn_of(settings)
    async with admin(dsn) as tx, tx.begin():
        assert await signatures.take(tx, first, first)
        await tx.execute(_FEWER_TERMS)
    async with admin(dsn) as tx, tx.begin():
        agreed = await signatures.last_agreed(tx, first)
        assert await signatures.unsigned(tx, first, agreed) is None
        assert await signatures.take(tx, first, agreed)
        assert (await tx.execute(_KEPT)).scalars() == ["of code that knew fewer terms"]
        edit(folder, GATE, GATE.replace("60", "61"))
        assert await signatures.unsigned(tx, load(folder), agreed) is not None, "an edit of it waits as ever"
