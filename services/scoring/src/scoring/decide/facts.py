"""Facts with source and time, and which of them survive: per field the agreement ranks the sources."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from agreement.teams import Account
from events.campaigns import CompanyChanged
from events.leads import Campaign, Known
from scoring.decide.state import Company, Facts, Lead, Said, keep, moment
from scoring.decide.terms import Terms

PINNED: Final = ("steward", "crm_human")
"""Corrections by people: where the agreement ranks no sources, these come first."""
OFFLINE: Final = "enrichment"
"""The accounts file speaks as enrichment does, and is older than any answer."""
_LAST: Final = 1_000


def learn(lead: Lead, known: Iterable[Known]) -> bool:
    """True when something new was said."""
    changed = [keep(lead.facts, fact.name, fact.source, Said(fact.value, moment(fact.at))) for fact in known]
    return any(changed)


def learn_company(company: Company, event: CompanyChanged) -> bool:
    data = event.data
    changed = [
        keep(company.facts, name, data.source, Said(value, moment(event.time))) for name, value in data.facts.items()
    ]
    return any(changed)


def learn_origin(lead: Lead, campaign: Campaign | None, channel: str, at: datetime, terms: Terms) -> None:
    """The first touch gives source and campaign; the last referral touch gives the partner."""
    source = (campaign.source if campaign else None) or channel
    if lead.source_at is None or at < lead.source_at:
        lead.source, lead.source_at = source, at
    if campaign is None:
        return
    if campaign.name and (lead.campaign_at is None or at < lead.campaign_at):
        lead.campaign, lead.campaign_at = campaign.name, at
    referred = campaign.referral or (campaign.medium or "").casefold() in terms.referral_mediums
    if referred and (lead.referral_at is None or at >= lead.referral_at):
        lead.referral, lead.referral_at = campaign.referral or campaign.source or "unnamed", at


def offline(account: Account | None, since: datetime) -> Facts:
    """What the accounts file says, as facts."""
    if account is None:
        return {}
    row = account.model_dump(include={"company", "employees", "industry", "revenue", "country", "tech_stack"})
    return {name: {OFFLINE: Said(value, since)} for name, value in row.items() if value not in (None, ())}


def survivor(name: str, terms: Terms, *layers: Facts) -> tuple[Any, datetime] | None:
    """The value that counts, with its time; earlier layers win ties. Withdrawals and placeholders are no answer."""
    ranks = terms.ranks.get(name, {})
    best = 0
    found: Said | None = None
    for layer in layers:
        by_source = layer.get(name)
        if by_source is None:
            continue
        for source, said in by_source.items():
            if said.value is None or is_placeholder(said.value, terms):
                continue
            rank = ranks.get(source, _LAST if ranks or source not in PINNED else 0)
            if found is None or (rank, -said.at.timestamp()) < (best, -found.at.timestamp()):
                best, found = rank, said
    return (found.value, found.at) if found else None


def is_placeholder(value: Any, terms: Terms) -> bool:
    if not isinstance(value, str):
        return False
    plain = value.strip().casefold()
    return not plain or plain in terms.placeholders


def candidates(name: str, facts: Facts) -> list[str]:
    """Every text said of a fact, placeholders included."""
    return [said.value for said in facts.get(name, {}).values() if isinstance(said.value, str)]
