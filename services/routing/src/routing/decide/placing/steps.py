"""Who gets the lead: the steps from the top, the first match decides, and why the earlier ones did not is kept."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from agreement.customers import is_customer
from events.grounds import ActivityReason, PassedStep
from events.handoffs import AssignmentKind
from events.scores import RouteFacts, Standing
from events.vocabulary import Segment
from routing.decide.model.workspace import Workspace
from routing.decide.placing.comebacks import hand_raised
from routing.decide.state import Company, Lead
from routing.decide.terms import Terms

SALES_SUPPRESSED: Final = "suppressed_by_sales"


class Match(Struct, frozen=True):
    """Where the lead belongs: a rep is told, a rep or a pool gets it, a nurture segment, or (none of these) nobody."""

    why: str
    step: int = 0
    rule: str = ""
    passed_over: tuple[tuple[int, str, str], ...] = ()
    """Number and name of each step before it, and why that one did not match."""
    activity: ActivityReason | None = None
    """Why the rep hears of new activity, without a handoff."""
    rep: str | None = None
    pool: str | None = None
    kind: AssignmentKind = "score"
    flags: tuple[str, ...] = ()
    reason: str | None = None
    """Why nobody gets it: a disqualifier, or that sales asked."""
    segment: Segment | None = None
    record: str | None = None
    """What it is activity on: a lead's id, or a company's domain."""
    owner: str | None = None
    """Who has the record, when it is another than who is told of it."""

    @property
    def passed(self) -> tuple[PassedStep, ...]:
        """The steps passed over as facts tell of them: made when one does, which is seldom."""
        return tuple(PassedStep(step=step, rule=rule, why=why) for step, rule, why in self.passed_over)


class Situation:
    """What the steps look at."""

    __slots__ = ("company", "facts", "gate", "lead", "recycled", "terms", "workspace")

    def __init__(
        self, workspace: Workspace, lead: Lead, company: Company | None, gate: str | None, recycled: bool = False
    ) -> None:
        """`gate`: None when a handoff may begin now; else why not (`58 of 60`, `cool-down until 2026-09-04`).

        `recycled`: a recycling trigger fired, and the gate does not matter.
        """
        self.workspace, self.lead, self.company = workspace, lead, company
        self.gate, self.recycled = gate, recycled
        self.terms: Terms = workspace.terms
        """The agreement as routing reads it."""
        self.facts: RouteFacts = lead.facts
        """What scoring says of the person and company."""

    @property
    def kind(self) -> AssignmentKind:
        """Of the handoff that would begin now: a hand-raise, a return after an exit, or the score."""
        standing = self.lead.standing
        if standing and standing.gate.fast_track and hand_raised(self.lead):
            return "hand_raise"
        return "recycled" if self.lead.exit else "score"


def find_owner(situation: Situation) -> Match:
    """The first step of the agreement that matches, with the reasons of those passed over (domain, section 5)."""
    passed: list[tuple[int, str, str]] = []
    for number, rule in situation.terms.steps:
        match = STEPS[rule](situation)
        if isinstance(match, Match):
            return replace(match, step=number, rule=rule, passed_over=tuple(passed))
        passed.append((number, rule, match))
    return replace(_operations(situation), passed_over=tuple(passed))


def _nobody(s: Situation) -> Match | str:
    if s.lead.status == "suppressed" and (
        s.lead.stage != "lead" or (s.lead.exit and s.lead.exit.reason == SALES_SUPPRESSED)
    ):
        reason = s.lead.exit.reason if s.lead.exit else SALES_SUPPRESSED
        return Match(f"sales asked to leave it alone: {s.terms.reason_text(reason)}", reason=reason)
    if s.company and s.company.suppressed and not (s.lead.worked or s.lead.waiting):
        return Match("sales asked to leave the company alone", reason=SALES_SUPPRESSED)
    if s.facts.hard:
        return Match("; ".join(s.terms.disqualifiers.get(name, name) for name in s.facts.hard), reason=s.facts.hard[0])
    return "not disqualified"


def _open_opportunity(s: Situation) -> Match | str:
    mine = [(s.lead.id, owner) for deal in s.lead.open_deals for owner in (deal.owner, s.lead.owner)]
    others = [(lead, owner) for lead, owner in (s.company.open.items() if s.company else ()) if lead != s.lead.id]
    if not (mine or others):
        return "no open opportunity of the person or the company"
    for record, owner in (*mine, *others):
        if s.workspace.present(owner):
            return Match("open opportunity", activity="open_opportunity", rep=owner, record=record)
    return _in_the_owners_place(s, others) if others else "the owner of its own open opportunity is not here"


def _in_the_owners_place(s: Situation, records: Sequence[tuple[str, str | None]]) -> Match | str:
    """The manager hears of activity on another record whose owner is not here."""
    people = s.terms.people
    owned = [(record, owner) for record, owner in records if owner]
    for record, owner in owned:
        manager = people.manager(owner)
        if s.workspace.present(manager):
            why = f"open opportunity, its owner {people.name(owner)} is not here"
            return Match(why, activity="open_opportunity", rep=manager, record=record, owner=owner)
    return (
        "neither the owner of the open opportunity nor the manager is here"
        if owned
        else "nobody owns the open opportunity"
    )


def _already_owned(s: Situation) -> Match | str:
    if s.lead.worked and s.lead.owner:
        return Match("already being worked", activity="already_owned", rep=s.lead.owner)
    return "nobody is working it"


def _existing_customer(s: Situation) -> Match | str:
    lives = bool(s.lead.customer_deals or (s.company and s.company.won))
    ended = bool(s.lead.churned_deals or (s.company and s.company.churned))
    listed = bool(s.facts.customer) or s.facts.domain in s.terms.teams.customers
    if not is_customer(lives=lives, ended=ended, listed=listed):
        return "a customer no more" if ended else "not a customer"
    managers = s.terms.people.account_managers(s.facts.domain)
    rep = next((rep for rep in managers if s.workspace.present(rep)), None)
    if rep is None:
        return "a customer without account manager"
    total, least = _expansion(s), s.terms.expansion_at_least
    if total is not None and least is not None and total >= least and not s.gate:
        taker = next((one for one in managers if s.workspace.present(one) and one not in s.lead.offered), None)
        kind: AssignmentKind = "hand_raise" if s.kind == "hand_raise" else "expansion"
        if taker is not None:
            return Match(f"expansion of a customer, {total} of {least}", rep=taker, kind=kind, flags=("expansion",))
    record = s.facts.domain or next(iter(s.company.won if s.company else ()), s.lead.id)
    return Match("existing customer", activity="customer", rep=rep, record=record)


def _expansion(s: Situation) -> int | None:
    """The total by the expansion model; None where the agreement has none, or it has not been told yet."""
    name, standing = s.terms.expansion, s.lead.standing
    if name is None or standing is None:
        return None
    if standing.model == name:
        return standing.total
    return next((one.total for one in standing.models or () if one.model == name), None)


def _named_account(s: Situation) -> Match | str:
    named = s.terms.teams.named_by_domain.get(s.facts.domain or "")
    if named is None or named.kind != "target":
        return "not a named account"
    if not s.workspace.present(named.owner):
        return f"its owner {s.terms.people.name(named.owner)} is not here"
    if named.owner in s.lead.offered:
        return f"its owner {s.terms.people.name(named.owner)} had it in this cycle"
    if s.gate:
        return Match(f"named account, below the gate ({s.gate})", activity="named_account", rep=named.owner)
    return Match("named account", rep=named.owner, kind="named", flags=("target_account",))


def _referral(s: Situation) -> Match | str:
    terms, at = s.terms.routing.referral, s.facts.referral_at
    if s.facts.referral is None or at is None:
        return "no referral touch"
    if terms.within.after(at) < s.workspace.now:
        return f"the referral touch is older than {terms.within}"
    if s.lead.exit and at <= s.lead.exit.at:
        return "the referral touch belongs to an earlier cycle"
    partner = s.terms.partners.get(s.facts.referral)
    owners = [partner.owner if partner else None, terms.partner_manager]
    rep = next((rep for rep in owners if s.workspace.present(rep) and rep not in s.lead.offered), None)
    return Match("referral", rep=rep, kind="referral", flags=("referral",)) if rep else "no partner owner can take it"


def _recycled(s: Situation) -> Match | str:
    last = s.lead.exit
    if last is None:
        return "its first cycle"
    if s.gate and not s.recycled:
        return f"not coming back: {s.gate}"
    if last.reason in s.terms.routing.recycling.not_to_previous_owner_after:
        return f"the last exit was: {s.terms.reason_text(last.reason)}"
    if last.owner is None or not s.workspace.present(last.owner):
        return f"the previous owner ({s.terms.people.name(last.owner)}) is not here"
    if not s.lead.closed and last.owner in s.lead.offered:
        return f"the previous owner {s.terms.people.name(last.owner)} had it in this cycle"
    return Match("recycled", rep=last.owner, kind=s.kind)


def _pool(s: Situation) -> Match | str:
    if s.gate and not s.recycled:
        return f"gate not passed: {s.gate}"
    place = s.terms.pool_of(s.facts, s.lead.region)
    if isinstance(place, str):
        return place
    pool, flags = place
    return Match(_opening(s.lead.standing), pool=pool, kind=s.kind, flags=flags)


def _nurture(s: Situation) -> Match | str:
    total, least = _total(s), s.terms.routing.nurture.total_at_least
    if total < least:
        return f"{total} of {least}"
    return Match(_goal(s, total), segment=s.terms.routing.nurture.segment)


def _long_term(s: Situation) -> Match | str:
    total = _total(s)
    if total >= s.terms.routing.nurture.total_at_least:
        return "the total reaches the nurture threshold"
    return Match(_goal(s, total), segment=s.terms.routing.nurture.below_segment)


def _goal(s: Situation, total: int) -> str:
    """What is missing for a handoff: the failed gate; for one who passed it, why there is no pool."""
    place = s.terms.pool_of(s.facts, s.lead.region)
    return s.gate or (place if isinstance(place, str) else f"total {total}")


def segment_match(situation: Situation, match: Match) -> Match:
    """Where one belongs of whom a step was for information only: the segment of its total, that step passed over."""
    passed = (*match.passed_over, (match.step, match.rule, f"{match.why}: told, no handoff"))
    for number, rule in situation.terms.steps:
        found = STEPS[rule](situation) if rule in ("nurture", "long_term") else ""
        if isinstance(found, Match):
            return replace(found, step=number, rule=rule, passed_over=passed)
        passed += ((number, rule, found),) if found else ()
    return match


def _operations(s: Situation) -> Match:
    return Match("no step fits")


STEPS: Final[dict[str, Callable[[Situation], Match | str]]] = {
    "nobody": _nobody,
    "open_opportunity": _open_opportunity,
    "already_owned": _already_owned,
    "existing_customer": _existing_customer,
    "named_account": _named_account,
    "referral": _referral,
    "recycled": _recycled,
    "pool": _pool,
    "nurture": _nurture,
    "long_term": _long_term,
    "operations": _operations,
}
"""Each gives a match, or the text that says why there is none."""


def _total(s: Situation) -> int:
    return s.lead.standing.total if s.lead.standing else 0


def _opening(standing: Standing | None) -> str:
    return standing.gate.reason if standing else "recycled"
