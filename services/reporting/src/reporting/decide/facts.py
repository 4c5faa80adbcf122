"""What is known of a person and the company, and which of several claims counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from agreement import survivorship
from agreement.survivorship import Claim, full_name, offline_claims, scoring_claims
from agreement.teams import Account
from events import Money
from events.leads import Known
from reporting.decide.rows import Json
from reporting.decide.terms import Terms


class ScoredCompany(NamedTuple):
    """Which company scoring decided on: it knows the company's own record too."""

    name: str | None
    domain: str | None
    """Null for free mail."""
    at: datetime

    @classmethod
    def of(cls, body: Json, at: datetime) -> "ScoredCompany":
        """From the columns `body` and `at` of the row Standing."""
        facts = body.get("facts") or {}
        return cls(facts.get("company"), facts.get("domain"), at)


def learn(claims: Json, news: Iterable[Known]) -> Json:
    """The claims of a person (fact to source to `{value, at}`) with the news: of each source the newest stays.

    A null value withdraws what its source said before; it stays as a claim, so that older news cannot undo it.
    """
    newest = dict(claims)
    for fact in news:
        by_source = {claim.source: claim for claim in _claims(newest.get(fact.name, {}))}
        if survivorship.learn(by_source, Claim(fact.value, fact.source, fact.at)):
            newest[fact.name] = {
                source: {"value": claim.value, "at": claim.at.isoformat()} for source, claim in by_source.items()
            }
    return newest


def own_text(claims: Json, name: str, terms: Terms) -> str | None:
    """The surviving value of a fact by the person's own claims; None when nobody says anything."""
    by_source = claims.get(name)
    claim = terms.survivorship.survivor(name, _claims(by_source)) if by_source else None
    return str(claim.value) if claim else None


def own_name(claims: Json, terms: Terms) -> str | None:
    """The person's name by the person's own claims, put together from first and last name where there are some."""
    return full_name(lambda part: own_text(claims, part, terms))


def facts_of(claims: Json, scored: ScoredCompany | None, terms: Terms) -> dict[str, Claim]:
    """Each fact by name, in order of names, with the claim that survives (domain, section 11).

    `claims` is the column `person.facts`. The accounts file adds what it says of the domain that scoring gave, and the
    company is the one that scoring decided on, unless a claim that ranks higher came since.
    """
    by_name = {name: _claims(by_source) for name, by_source in claims.items()}
    if scored is not None:
        first = min((claim.at for some in by_name.values() for claim in some), default=scored.at)
        for name, claim in _of_account(terms.accounts.get(scored.domain or ""), first):
            by_name.setdefault(name, []).append(claim)
        company = by_name.setdefault("company", [])
        company += [*scoring_claims(scored.name, company, scored.at)]
    survivors = {name: terms.survivorship.survivor(name, some) for name, some in sorted(by_name.items())}
    return {name: claim for name, claim in survivors.items() if claim is not None}


def _claims(by_source: Json) -> list[Claim]:
    return [Claim(one["value"], source, datetime.fromisoformat(one["at"])) for source, one in by_source.items()]


def _of_account(account: Account | None, since: datetime) -> Iterable[tuple[str, Claim]]:
    """Claims of the accounts file, older than any other; amounts of money as people write them."""
    for name, claim in offline_claims(account, since):
        yield name, claim._replace(value=_written(claim.value))


def _written(value: Any) -> Any:
    return str(Money.read(value)) if isinstance(value, dict) else value
