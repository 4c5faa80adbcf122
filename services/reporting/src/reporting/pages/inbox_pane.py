"""The right half of the inbox: who somebody is, the own words first, what they want, by when, and what to say."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from agreement.talking_points import talking_points
from reporting.pages.formats import words
from reporting.pages.inbox_words import long_time, tone
from reporting.pages.lead_parts import why_rep
from reporting.reports.inbox import left_of
from reporting.reports.report import Answer, ReportScope

LATELY: Final = 6
LINES: Final = 12
_PEOPLE: Final = ("engagement.", "contact.", "sales.", "deal.", "feedback.", "lead.accepted", "lead.returned",
                  "lead.assigned", "lead.sales_", "lead.handed_", "lead.reassigned", "answer.ignored")  # fmt: skip
"""Types of the lines that a rep wants to read: what people did, not what clocks and messages did."""


def pane_of(scope: ReportScope, lead: Answer, warn: float) -> dict[str, Any]:
    """What the pane shows of a lead, as reports/lead.py answers it; `warn`: from this per cent a promise is amber."""
    facts = {fact["name"]: fact["value"] for fact in lead["facts"]}
    offer = next((one for one in reversed(lead["assignments"]) if one["id"] == lead["assignment"]), None)
    zone = scope.people.zone(lead["owner"]) or scope.zone
    kinds = {signal["kind"] for signal in lead["signals"]}
    terms = scope.agreement
    points = talking_points(terms.notices, terms.events, map(str, lead["assets"]), kinds)
    return {
        **{name: lead[name] for name in ("id", "name", "email", "title", "company", "domain", "stage", "status")},
        **{name: lead[name] for name in ("flags", "fit", "engagement", "total", "band", "erased", "cycle", "owner")},
        "zone": zone,
        "quote": quote_of(lead["timeline"]),
        "wants": [signal["text"] for signal in lead["signals"][:4]],
        "clocks": clocks_of(scope, lead, zone, warn),
        "say": [point.say for point in points],
        "step": lead["next_step"],
        "contacts": contacts_of(lead, facts),
        "lines": (lead["score"]["lines"] if lead["score"] else [])[:LINES],
        "why": why_rep(offer, scope.people.name, scope.agreement.teams.pool_title) if offer else None,
        "passed_on": offer["why_reassigned"] if offer else None,
        "lately": [one for one in lead["timeline"] if one["type"].startswith(_PEOPLE)][:LATELY],
        "snoozed": lead["snoozed"],
        "deals": lead["deals"],
    }


def quote_of(timeline: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The last thing that the person wrote: a line of the timeline with `words`."""
    return next((one for one in timeline if one["words"] and one["type"].startswith(("engagement.", "lead."))), None)


def clocks_of(scope: ReportScope, lead: Answer, zone: str, warn: float) -> list[dict[str, Any]]:
    """The promises of the offer in force that are not kept yet, the one that breaks first before the others."""
    levels = scope.agreement.service_levels
    running = [
        clock
        for clock in lead["clocks"]
        if clock["stopped"] is None
        and clock["state"] in ("running", "breached")
        and clock["assignment"] is not None
        and clock["assignment"] == lead["assignment"]
    ]
    shown = []
    for clock in sorted(running, key=lambda one: one["due"]):
        promise = levels.by_name.get(clock["name"])
        left = left_of(scope, clock)
        shown.append(
            {
                "title": promise.title if promise else words(clock["name"]),
                "words": long_time(left.seconds, clock["due"], scope.now, zone),
                "used": left.share,
                "tone": tone(left.share, left.seconds, warn),
                "due": clock["due"],
                "target": clock["target"],
            }
        )
    return shown


def contacts_of(lead: Answer, facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Ways to the person: name, address to open, and what is written."""
    ways = []
    if phone := facts.get("phone"):
        ways.append(
            ("Call", f"tel:{''.join(sign for sign in str(phone) if sign.isdigit() or sign == '+')}", str(phone))
        )
    if lead["email"]:
        ways.append(("E-mail", f"mailto:{quote(lead['email'], safe='@')}", lead["email"]))
    if lead["name"]:
        sought = quote(" ".join(part for part in (lead["name"], lead["company"]) if part))
        ways.append(("LinkedIn", f"https://www.linkedin.com/search/results/people/?keywords={sought}", "LinkedIn"))
    return ways
