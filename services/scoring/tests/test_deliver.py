"""Enrichment providers over HTTP: a real server on loopback that is right, slow, broken, hanging, or talks nonsense."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web

from agreement.enrichment import Breaker, EnrichmentProvider
from agreement.types import Span
from runtime.database.connection import Connection
from runtime.database.parts import save
from runtime.database.statement import statement
from runtime.errors import Misconfigured
from runtime.service import Context
from scoring.decide import Outcome
from scoring.decide.companies import ANSWER
from scoring.decide.state import Ask
from scoring.deliver import CircuitBreaker, HttpProvider, Lookups, NotNow, Unusable
from scoring.store import leads as store
from testing.events import NOON
from testing.waiting import PATIENCE

SECOND = timedelta(seconds=1)
_TIMERS = statement("SELECT subject, kind, key, payload FROM timer ORDER BY subject, kind, key")
_ROWS = statement("SELECT domain, next_at, attempts, answered_at, outcome FROM enrichment ORDER BY domain")


@dataclass
class Register:
    """A register of companies, and what it was asked."""

    url: str = ""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    broken: bool = False

    async def look_up(self, request: web.Request) -> web.Response:
        domain = request.match_info["domain"]
        self.requests.append((domain, request.headers.get("X-Key")))
        if self.broken:
            return web.Response(status=503)
        match domain:
            case "slow.example":
                await asyncio.sleep(30)
            case "moved.example":
                return web.Response(status=302, headers={"Location": "http://169.254.169.254/"})
            case "garbage.example":
                return web.Response(text="<html>")
            case "long.example":
                return web.Response(text="x" * 100_000)
            case "list.example":
                return web.json_response([1, 2])
            case "key.example":
                return web.Response(status=401)
            case "nul.example":
                return web.Response(
                    body=b'{"company": {"name": "Ac\\u0000me", "places": ["\\u0000", "De"], '
                    b'"metrics": {"tags": ["a\\u0000b", "\\u0000"], "employees": 1e300}}}'
                )
            case "nobody.example":
                return web.Response(status=404)
            case _:
                pass
        metrics = {"employees": 120, "raised": None, "tags": [{"deep": 1}]}
        return web.json_response({"company": {"metrics": metrics, "places": ["Germany"], "name": " Acme "}})


@pytest.fixture
async def register() -> AsyncIterator[Register]:
    known = Register()
    app = web.Application()
    app.router.add_get("/v1/{domain}", known.look_up)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    known.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/{{domain}}"
    yield known
    await runner.cleanup()


def terms_of(register: Register, **more: object) -> EnrichmentProvider:
    mapping = {
        **{"employees": "company.metrics.employees", "country": "company.places.0", "company": "company.name"},
        **{"revenue": "company.metrics.raised", "industry": "company.metrics.tags", "tech_stack": "none.at.all"},
    }
    given = {
        **{"name": "register", "kind": "http", "url": register.url, "headers": {"X-Key": "REGISTER_KEY"}},
        **{"mapping": mapping, "time_limit": "10s", "breaker": {"failures": 3, "rest": "5min"}},
    }
    return EnrichmentProvider.model_validate({**given, **more})


def provider(register: Register, *, loopback: bool = True, **more: object) -> HttpProvider:
    return HttpProvider(terms_of(register, **more), {"REGISTER_KEY": "s3cret"}, loopback=loopback)


async def test_the_mapping_says_where_facts_stand(register: Register) -> None:
    assert await provider(register).ask("acme.example") == {"employees": 120, "country": "Germany", "company": "Acme"}
    assert register.requests == [("acme.example", "s3cret")]
    assert await provider(register).ask("nobody.example") == {}
    assert await provider(register).ask("list.example") == {}
    await provider(register).ask("../../admin?x=")
    assert register.requests[-1][0] == "../../admin?x=", "a domain stays one part of the path"


@pytest.mark.parametrize(
    ("domain", "error"),
    [
        ("slow.example", NotNow),
        ("moved.example", Unusable),
        ("garbage.example", Unusable),
        ("long.example", Unusable),
        ("key.example", Unusable),
    ],
)
async def test_what_is_no_answer(register: Register, domain: str, error: type[Exception]) -> None:
    limit = "1s" if domain == "slow.example" else "10s"
    with pytest.raises(error):
        await provider(register, time_limit=limit).ask(domain)


async def test_our_own_network_is_never_called(register: Register) -> None:
    with pytest.raises(Unusable):
        await provider(register, loopback=False).ask("acme.example")
    assert register.requests == []


def test_a_key_that_is_not_set_stops_the_start(register: Register) -> None:
    with pytest.raises(Misconfigured, match="REGISTER_KEY"):
        HttpProvider(terms_of(register), {}, loopback=True)


def test_a_circuit_opens_after_failures_in_a_row_and_closes_by_itself() -> None:
    breaker = CircuitBreaker(2, timedelta(minutes=5))
    for failed in (True, False, True):
        breaker.note(NOON, failed=failed)
        assert not breaker.is_open(NOON)
    breaker.note(NOON, failed=True)
    assert breaker.is_open(NOON + timedelta(minutes=4))
    assert not breaker.is_open(NOON + timedelta(minutes=5))
    breaker.note(NOON + timedelta(minutes=5), failed=True)
    assert breaker.is_open(NOON + timedelta(minutes=6)), "one call tries; it failed"


def lookups(context: Context, register: Register, **more: object) -> Lookups:
    terms = terms_of(register, **more)
    return Lookups(context, [terms], [HttpProvider(terms, {"REGISTER_KEY": "s3cret"}, loopback=True)])


async def ask(context: Context, *domains: str) -> None:
    async with context.database.begin() as tx:
        now = await context.clock.now(tx)
        asks = {("register", one): Ask("register", one, now, now + 60 * SECOND) for one in domains}
        await save(tx, store.parts(Outcome(asks=asks)))


async def answers(tx: Connection) -> dict[str, object]:
    rows = (await tx.execute(_TIMERS)).all()
    assert {row.kind for row in rows} <= {ANSWER}
    return {row.subject: row.payload["facts"] for row in rows}


async def test_an_answer_goes_to_the_lane_of_the_domain_and_counts_for_a_month(
    context: Context, register: Register
) -> None:
    loop = lookups(context, register)
    assert await loop.waiting() is None
    await ask(context, "acme.example", "nobody.example")
    assert await loop.waiting() is not None
    assert await loop.round()
    assert not await loop.round()
    async with context.database.begin() as tx:
        assert await answers(tx) == {
            "acme.example": {"employees": 120, "country": "Germany", "company": "Acme"},
            "nobody.example": {},
        }
    await ask(context, "acme.example", "nobody.example")
    assert await loop.round()
    assert len(register.requests) == 2, "known already"
    async with context.database.begin() as tx:
        assert (await answers(tx))["acme.example"] == {}, "whoever waits hears that nothing more is to come"
        assert {row.outcome for row in await tx.execute(_ROWS)} == {"known already"}


async def test_a_text_that_nobody_can_keep_stops_no_loop(context: Context, register: Register) -> None:
    await ask(context, "nul.example")
    assert await lookups(context, register).round()
    async with context.database.begin() as tx:
        (facts,) = (await answers(tx)).values()
    assert facts == {"employees": 1e300, "industry": ["ab"], "company": "Acme"}


@pytest.mark.slow
async def test_what_fails_is_tried_again_and_what_cannot_be_right_is_not(context: Context, register: Register) -> None:
    loop = lookups(context, register, time_limit="5s")
    await ask(context, "slow.example", "garbage.example")
    await loop.round()
    async with context.database.begin() as tx:
        garbage, slow = (await tx.execute(_ROWS)).all()
        assert (garbage.next_at, garbage.outcome) == (None, "no answer: the answer is no JSON")
        assert (slow.attempts, slow.next_at is not None, slow.answered_at) == (1, True, None)
        assert await answers(tx) == {"garbage.example": {}}


async def test_a_provider_that_is_down_is_left_alone(context: Context, register: Register) -> None:
    register.broken = True
    loop = lookups(context, register)
    await ask(context, *(f"firm{n}.example" for n in range(3)))
    await loop.round()
    assert len(register.requests) == 3
    await ask(context, "other.example")
    await loop.round()
    assert len(register.requests) == 3, "its circuit is open"
    async with context.database.begin() as tx:
        assert (await answers(tx))["other.example"] == {}


async def test_what_a_provider_of_yesterday_was_asked_is_waited_for_by_nobody(
    context: Context, register: Register
) -> None:
    await ask(context, "acme.example")
    assert await lookups(context, register).waiting() is not None
    assert await lookups(context, register, name="another").waiting() is None


async def test_the_loop_ends_when_it_is_told(context: Context, register: Register) -> None:
    stop = asyncio.Event()
    loop = asyncio.create_task(lookups(context, register)(stop))
    await ask(context, "acme.example")
    while not register.requests:
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(loop, PATIENCE)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"url": "http://register.example/{domain}"}, "https"),
        ({"url": "https://{domain}/about"}, "https"),
        ({"url": "https://register.example/"}, "https"),
        ({"mapping": {}}, "mapping"),
        ({"kind": "push", "gives": ()}, "gives"),
    ],
)
def test_a_provider_that_cannot_work_is_no_agreement(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        terms_of(Register(url="https://register.example/{domain}"), **wrong)


def test_the_shipped_limits() -> None:
    plain = EnrichmentProvider(name="crm", kind="push", gives=("employees",))
    assert (str(plain.time_limit), str(plain.cache), plain.breaker) == (
        *("4s", "30d"),
        Breaker(failures=5, rest=Span(amount=5, unit="min")),
    )
