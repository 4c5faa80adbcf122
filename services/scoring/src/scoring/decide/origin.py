"""Where a lead came from: the first touch gives source and campaign, the last referral touch gives the partner."""

from datetime import datetime

from agreement.origin import Origin, first_touch, is_marketing, touch_origin
from events.leads import Campaign
from scoring.decide.state import Lead
from scoring.decide.terms import Terms


def learn_origin(lead: Lead, campaign: Campaign | None, channel: str, at: datetime, terms: Terms) -> bool:
    """Changes the lead's source, campaign and referral by one touch, whatever the order in which touches arrive.

    Whether it changed one of them.
    """
    if campaign is None and not is_marketing(channel):
        return False
    known = _origin(lead)
    if campaign is None and known is not None and (at >= known.at or known.named):
        return False  # a mere form counts only if nothing was named, and before any other
    origin = first_touch(known, touch_origin(campaign, channel, at))
    changed = origin is not None and origin is not known
    if changed and origin is not None:
        lead.source, lead.campaign = origin.source, origin.campaign
        lead.source_at, lead.campaign_at = origin.at, origin.at if origin.named else None
        lead.traffic = terms.traffic.read(campaign)
    if campaign is None:
        return changed
    referred = campaign.referral or (campaign.medium or "").casefold() in terms.referral_mediums
    if referred and (lead.referral_at is None or at >= lead.referral_at):
        lead.referral, lead.referral_at = campaign.referral or campaign.source or "unnamed", at
        changed = True
    return changed


def source_of(lead: Lead) -> str | None:
    """The marketing source of the lead, by its first touch; None when no touch named one."""
    origin = _origin(lead)
    return origin.source if origin else None


def _origin(lead: Lead) -> Origin | None:
    if lead.source is None or lead.source_at is None or not (lead.campaign_at or is_marketing(lead.source)):
        return None  # an earlier release took the tool's name for the source
    return Origin(lead.source, lead.campaign, lead.campaign_at or lead.source_at, named=lead.campaign_at is not None)
