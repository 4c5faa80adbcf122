"""Accounts: what the people of one company are worth together, and what is known of the company."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from agreement import survivorship
from agreement.scoring import AccountScore
from agreement.survivorship import COMPANY_FACTS, Claim, claims_about
from reporting.decide.facts import claims_of_sources, written
from reporting.decide.rows import Json
from reporting.decide.terms import Terms

SUPPRESSED: Final = "suppressed"
"""Kind of the note by which sales asks marketing to leave an account alone."""


def account_score(people: Sequence[Mapping[str, Any]], engaged_since: datetime, terms: AccountScore) -> dict[str, Any]:
    """The best lead's total plus `further_person` points for each further engaged person, at most `highest`.

    Of equal totals the engaged person is the best lead. `total` is null while nobody has a score.
    """
    scored = [one for one in people if one["total"] is not None]
    engaged = [one["id"] for one in people if is_engaged(one, engaged_since)]
    if not scored:
        return {"total": None, "best": None, "best_total": None, "engaged": len(engaged), "further": 0}
    best = min(scored, key=lambda one: (-one["total"], one["id"] not in engaged, one["id"]))
    further = len([id for id in engaged if id != best["id"]])
    return {
        "total": min(terms.highest, best["total"] + terms.further_person * further),
        "best": best["id"],
        "best_total": best["total"],
        "engaged": len(engaged),
        "further": further,
    }


def is_engaged(person: Mapping[str, Any], since: datetime) -> bool:
    """Whether a row of the account's people shows a human engagement after that instant."""
    return person["last_engaged"] is not None and person["last_engaged"] > since


def company_facts(
    domain: str, people: Iterable[Json], news: Iterable[Mapping[str, Any]], since: datetime, terms: Terms
) -> dict[str, Claim]:
    """What survives of each fact of a company: said by its people, its record (`news`), or the accounts file.

    `people` are their claims (the column `person.facts`); what the accounts file says is dated `since`.
    """
    own, recorded = dict[str, dict[str, Claim]](), dict[str, dict[str, Claim]]()
    for claims in people:
        for name in COMPANY_FACTS:
            for claim in claims_of_sources(claims.get(name, {})):
                survivorship.learn(own.setdefault(name, {}), claim)
    for one in news:
        for name, value in one["facts"].items():
            survivorship.learn(recorded.setdefault(name, {}), Claim(value, one["source"], one["at"]))
    survivors = dict[str, Claim]()
    for name in sorted({*COMPANY_FACTS, *recorded}):
        claims = claims_about(
            name,
            own.get(name, {}).values(),
            recorded.get(name, {}).values(),
            terms.accounts.get(domain),
            since,
        )
        if (survivor := terms.survivorship.survivor(name, claims)) is not None:
            survivors[name] = survivor._replace(value=written(survivor.value))
    return survivors
