"""When a laboratory is at rest: what comes while it asks its parts one after another is not passed over."""

import pytest

from standalone.house import House
from standalone.laboratory import Laboratory
from testing.house import Client
from testing.waiting import eventually

EMAIL = "dana.reyes@brightpath.io"


@pytest.fixture
def laboratory(house: House) -> Laboratory:
    assert house.laboratory
    return house.laboratory


async def stage(client: Client) -> str | None:
    """None before anybody knows the lead."""
    answer = await client.http.get(f"/api/leads/{EMAIL}", headers=client._bearer)
    return str(answer.json()["stage"]) if answer.status_code == 200 else None


@pytest.mark.slow
async def test_what_is_said_while_the_outward_loops_are_asked_is_worked_before_rest(
    laboratory: Laboratory, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a loop that ends a call then: the lanes had nothing to do a moment ago."""
    waiting, answers = laboratory._assembly.waiting, list[object]()

    async def answer_and_speak() -> object:
        if not answers:
            await client.submit("demo", email=EMAIL, title="VP Sales", country="US")
        answers.append(await waiting())
        return answers[-1]

    monkeypatch.setattr(laboratory._assembly, "waiting", answer_and_speak)
    await laboratory.settle()
    assert await stage(client) == "mql"


async def test_what_was_said_and_worked_after_the_outward_loops_were_asked_makes_them_asked_again(
    laboratory: Laboratory, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lanes that have worked it off may have given a loop something to do, and have nothing to do themselves."""
    waiting, answers = laboratory._assembly.waiting, list[object]()

    async def at_rest() -> bool:
        outward = await waiting()
        called = await laboratory._lanes_called()
        calm = laboratory._assembly.is_quiet and not called and (outward is None or outward > laboratory.now)
        return calm and await stage(client) == "mql"

    async def answer_too_early() -> object:
        answers.append(await waiting())
        if len(answers) == 1:
            await client.submit("demo", email=EMAIL, title="VP Sales", country="US")
            await eventually(at_rest, what="worked off")
        return answers[-1]

    monkeypatch.setattr(laboratory._assembly, "waiting", answer_too_early)
    await laboratory.settle()
    assert len(answers) > 1
