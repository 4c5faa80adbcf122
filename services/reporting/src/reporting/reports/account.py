"""One company with all that hangs on it: what is known of it, its people, the account score, deals, suppression."""

from collections.abc import Mapping, Sequence

from agreement.customers import is_customer
from agreement.readers.companies import company_key
from agreement.survivorship import Claim
from events import Money
from reporting.decide import Terms
from reporting.decide.accounts import SUPPRESSED, account_score, company_facts, is_engaged
from reporting.reports.report import Answer, ReportScope
from reporting.store import accounts as store
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused


class NoSuchAccount(Refused):
    """Nobody and nothing is known of a company with this domain."""

    status = 404


async def account(scope: ReportScope, address: str) -> Answer:
    """By its domain; a website or an address of its people will do. Raises NoSuchAccount.

    `score.total` is what `scoring.account` of the agreement makes of its people; `suppressed` is null unless sales
    asked marketing to leave it alone and has not handed it back.
    """
    domain = company_key(address)
    people = await store.people(scope.tx, domain)
    news = await store.news(scope.tx, domain)
    teams = scope.agreement.teams
    named = teams.named_by_domain.get(domain)
    if not (people or news or named or domain in teams.account_by_domain):
        raise NoSuchAccount(f"no company is known as {address!r}")
    claims = [one.pop("facts") for one in people]
    since = min((one["captured_at"] for one in people), default=scope.now)
    facts = company_facts(domain, claims, news, since, Terms.of(scope.agreement))
    name = str(facts["company"].value) if "company" in facts else named.company if named else None
    leads = [one["id"] for one in people]
    names = {domain, *(one["company"] for one in people if one["company"]), *([name] if name else [])}
    word = await store.last_word(scope.tx, leads, sorted(names))
    deals = await store.deals(scope.tx, leads)
    rules = scope.agreement.scoring.account
    engaged_since = scope.now - scope.agreement.definitions.mql_gate.engaged_within.timedelta
    return {
        "domain": domain,
        "company": name,
        "kind": named.kind if named else None,
        "owner": named.owner if named else None,
        "owner_name": scope.people.name(named.owner) if named else None,
        "score": {
            **account_score(people, engaged_since, rules),
            "further_person": rules.further_person,
            "highest": rules.highest,
            "engaged_since": engaged_since,
        },
        "facts": [{"name": fact, **claim._asdict()} for fact, claim in facts.items()],
        "news": [one for one in reversed(news) if one["happened"]],
        "people": [
            {
                **one,
                "owner_name": scope.people.name(one["owner"]) if one["owner"] else None,
                "engaged": is_engaged(one, engaged_since),
            }
            for one in people
        ],
        "deals": [_deal(row) for row in deals],
        "customer": customer_of(deals, listed=domain in teams.customers or _says_customer(facts)),
        "suppressed": _suppressed(scope, word),
    }


def _suppressed(scope: ReportScope, word: DatabaseRow | None) -> DatabaseRow | None:
    if word is None or word["kind"] != SUPPRESSED:
        return None
    by = word["by"]
    return {"by": by, "by_name": scope.people.name(by) if by else None, "at": word["at"], "note": word["note"]}


def customer_of(deals: Sequence[DatabaseRow], *, listed: bool) -> DatabaseRow | None:
    """Since when it is a customer, when it renewed last, and when it churned; null for a company that never was one.

    `listed`: named accounts or facts call it one. Whether it `is` one: agreement.customers.
    """
    ended = [row["churned_at"] for row in deals if row["churned_at"]]
    live = [row for row in deals if row["state"] == "won" and not row["churned_at"]]
    if not (listed or ended or live):
        return None
    return {
        "is": is_customer(lives=bool(live), ended=bool(ended), listed=listed),
        "since": min((row["closed_at"] for row in deals if row["state"] == "won"), default=None),
        "renewed_at": max((row["renewed_at"] for row in deals if row["renewed_at"]), default=None),
        "churned_at": max(ended, default=None) if not live else None,
    }


def _says_customer(facts: Mapping[str, Claim]) -> bool:
    return "customer" in facts and facts["customer"].value is True


def _deal(row: DatabaseRow) -> DatabaseRow:
    known = row["amount"] is not None and row["currency"] is not None
    plain = {name: value for name, value in row.items() if name != "currency"}
    return {**plain, "amount": Money(amount=row["amount"], currency=row["currency"]) if known else None}
