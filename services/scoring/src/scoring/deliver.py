"""Out to enrichment providers: what is unknown of a company is asked over HTTP, outside of any transaction."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from logging import getLogger
from typing import Any, Final, Protocol
from urllib.parse import quote

import orjson

from agreement.enrichment import EnrichmentProvider
from runtime.errors import Misconfigured
from runtime.http.guarded import AnswerTooLarge, BlockedAddress, GuardedClient, NoAnswer
from runtime.process.background import repeat
from runtime.service import Context
from runtime.values import Timer
from scoring.decide.companies import ANSWER
from scoring.store import lookups as store
from scoring.store.lookups import Lookup

_POLL: Final = 0.2
_LARGEST: Final = 64 * 1024
"""Bytes of an answer."""
_LONGEST: Final = 200
"""Characters of a value."""
_MOST: Final = 64
"""Values of a list."""
_AT_ONCE: Final = 8
"""Calls side by side."""
_PAUSE: Final = timedelta(seconds=1)
"""Before the second call; doubled before each further one."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
CompanyFacts = Mapping[str, Any]
log = getLogger(__name__)


class NotNow(Exception):
    """The provider cannot answer at this moment: trying again makes sense."""


class Unusable(Exception):
    """The provider's answer is none that could ever be read: its address, its key or its format is wrong."""


class CompanyProvider(Protocol):
    """Tells what is known of a company by its domain. New ways of asking are further classes of this shape."""

    name: str

    async def ask(self, domain: str) -> CompanyFacts:
        """Facts under our names; none for a company that it does not know. Raises NotNow, Unusable."""
        ...


class HttpProvider:
    """Gets JSON from the agreement's address and reads the facts where its mapping says."""

    def __init__(self, terms: EnrichmentProvider, secrets: Mapping[str, str], *, loopback: bool) -> None:
        """`secrets`: the environment, of which headers are taken. Raises Misconfigured for one that is not set."""
        self.name = terms.name
        self._url, self._mapping = str(terms.url), terms.mapping
        if unset := [variable for variable in terms.headers.values() if not secrets.get(variable)]:
            raise Misconfigured(f"enrichment provider {terms.name}: {', '.join(unset)} is not set")
        self._headers = {name: secrets[variable] for name, variable in terms.headers.items()}
        self._http = GuardedClient(seconds=terms.time_limit.seconds, loopback=loopback)

    async def ask(self, domain: str) -> CompanyFacts:
        """As CompanyProvider. A redirect is not followed; an answer has at most 64 KB."""
        url = self._url.replace("{domain}", quote(domain, safe=""))
        headers = {"accept": "application/json", **self._headers}
        try:
            answer = await self._http.call("GET", url, headers=headers, at_most=_LARGEST)
        except (BlockedAddress, AnswerTooLarge) as error:
            raise Unusable(str(error)) from error
        except NoAnswer as error:
            raise NotNow(str(error)) from error
        if answer.status == HTTPStatus.NOT_FOUND:
            return {}
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NotNow(f"answered {answer.status}")
        if answer.status != HTTPStatus.OK:
            raise Unusable(f"answered {answer.status}")
        try:
            body = orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            raise Unusable("the answer is no JSON") from error
        return {name: value for name, path in self._mapping.items() if (value := _value(body, path)) is not None}


def _value(body: Any, path: str) -> Any:
    """What stands at a path as `company.size` or `names.0`; None for nothing, and for what is no plain value."""
    for part in path.split("."):
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    if isinstance(body, str):
        return _text(body) or None
    if isinstance(body, list):
        return [text for one in body if isinstance(one, str) and (text := _text(one))][:_MOST] or None
    return body if isinstance(body, bool | int | float) else None


def _text(value: str) -> str:
    """Without the NUL that no text of ours can hold."""
    return value.replace("\0", "").strip()[:_LONGEST]


@dataclass(slots=True)
class CircuitBreaker:
    """After so many failures in a row nobody is called for a while; then one call tries."""

    failures: int
    rest: timedelta
    _in_a_row: int = 0
    _until: datetime = _LONG_AGO

    def is_open(self, now: datetime) -> bool:
        """No call is to be made now."""
        return now < self._until

    def note(self, now: datetime, *, failed: bool) -> None:
        """What became of a call."""
        self._in_a_row = self._in_a_row + 1 if failed else 0
        if self._in_a_row >= self.failures:
            self._until = now + self.rest


class Lookups:
    """The loop: claims what is asked, calls, and puts the answer as a timer into the lane of the company's domain."""

    def __init__(self, context: Context, terms: Iterable[EnrichmentProvider], providers: Iterable[CompanyProvider]):
        self._context = context
        self._terms = {one.name: one for one in terms}
        self._providers = {one.name: one for one in providers}
        self._breakers = {
            one.name: CircuitBreaker(one.breaker.failures, one.breaker.rest.timedelta) for one in self._terms.values()
        }
        self._calls = 0
        """Under way."""

    async def __call__(self, stop: asyncio.Event) -> None:
        await repeat(self._step, stop, name="enrichment")

    async def _step(self) -> float:
        return 0.0 if await self.round() else _POLL

    async def waiting(self) -> datetime | None:
        """The earliest instant at which there is something to do; the beginning of time while calls are under way."""
        if self._calls:
            return _LONG_AGO
        async with self._context.database.begin() as tx:
            return await store.next_lookup(tx, sorted(self._providers))

    async def catch_up(self) -> bool:
        """One round."""
        return await self.round()

    async def round(self) -> bool:
        """Everything that is asked now, side by side; False when nothing was."""
        async with self._context.database.begin() as tx:
            now = await self._context.clock.now(tx)
            lookups = await store.claim_lookups(tx, sorted(self._providers), now, _AT_ONCE)
            self._calls += len(lookups)
        try:
            await asyncio.gather(*(self._look_up(one, now) for one in lookups))
        finally:
            self._calls -= len(lookups)
        return bool(lookups)

    async def _look_up(self, lookup: Lookup, now: datetime) -> None:
        terms, breaker = self._terms[lookup.provider], self._breakers[lookup.provider]
        if lookup.answered_at and now < lookup.answered_at + terms.cache.timedelta:
            await self._close(lookup, now, {}, "known already")
        elif breaker.is_open(now):
            await self._close(lookup, now, {}, "not asked: its circuit is open", failed=True)
        else:
            try:
                facts = await self._providers[lookup.provider].ask(lookup.domain)
            except (NotNow, Unusable) as error:
                breaker.note(now, failed=True)
                log.warning("enrichment provider %s: %s", lookup.provider, error)
                await self._missed(lookup, now, error)
            else:
                breaker.note(now, failed=False)
                await self._close(lookup, now, facts, "answered", answered=True)

    async def _missed(self, lookup: Lookup, now: datetime, error: NotNow | Unusable) -> None:
        """Tried again while somebody may still wait for it."""
        again = now + _PAUSE * 2 ** (lookup.attempts - 1)
        if isinstance(error, NotNow) and again < lookup.until:
            async with self._context.database.begin() as tx:
                await store.put_off(tx, lookup, again)
        else:
            await self._close(lookup, now, {}, f"no answer: {error}"[:_LONGEST], failed=True)

    async def _close(
        self,
        lookup: Lookup,
        now: datetime,
        facts: CompanyFacts,
        outcome: str,
        *,
        answered: bool = False,
        failed: bool = False,
    ) -> None:
        """The leads that wait hear of it, also that there is nothing to be known; what `failed` becomes a fact."""
        payload = {"facts": dict(facts), "time": now.isoformat(), **({"failed": outcome} if failed else {})}
        async with self._context.database.begin() as tx:
            await store.close_lookup(tx, lookup, outcome, now if answered else lookup.answered_at)
            await self._context.timers.plan(tx, [Timer(lookup.domain, ANSWER, lookup.provider, now, payload)])


def http_providers(
    providers: Sequence[EnrichmentProvider], secrets: Mapping[str, str], *, loopback: bool
) -> list[HttpProvider]:
    """Those of the agreement that are asked over HTTP. Raises Misconfigured."""
    return [HttpProvider(one, secrets, loopback=loopback) for one in providers if one.kind == "http"]
