"""One case: an input, the lead it is about, and what follows from it, in the order that readers rely on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from events import Body, Event, Fact
from events.deal_ends import DealJudged, DealOwned
from events.envelope import Cause
from events.grounds import Candidate, PassedStep, Snapshot
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, NurtureLeft, StageChanged
from routing.decide.model import lifecycle
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.model.workspace import Workspace
from routing.decide.state import Company, Lead
from routing.decide.wake_ups import RECORD_CLOSED, WakeUp
from runtime.values import Input, Timer

FIRST: Final = (LeadAccepted, LeadReturned, DealJudged)
"""Written before the stage moves: the clocks they stop must not be voided by it, and a deal has ended by then."""

OFFERS: Final = (LeadAssigned, LeadReturned)
"""They say whose the lead is now; any other change of its owner is said by `stage.changed`."""


class LeftOpen(RuntimeError):
    """A function moved its lead and gave no reason: `because` is missing."""


class _Why(Struct, frozen=True):
    """What `because` was given."""

    text: str
    deal: str | None = None
    withdrawn: bool = False
    merged: bool = False
    passed: tuple[PassedStep, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    record: str | None = None
    owner: str | None = None
    flags: tuple[str, ...] | None = None


_NOTHING: Final = _Why("")


class Case:
    """What happens to a lead by one input, in steps; a step ends in at most one `stage.changed`.

    `decide` closes every case, and with it the last step.
    """

    def __init__(self, workspace: Workspace, one: Input) -> None:
        self.workspace = workspace
        self.terms, self.now = workspace.terms, workspace.now
        self.before = self.lead = self._begun = workspace.lead(one.subject)
        self.at, self.cause = _origin(one, self.lead, workspace.now)
        self.trigger: str | None = None
        """What recycles the lead, when something does."""
        self._facts: list[Fact] = []
        self._why = _NOTHING
        self._deals: dict[str, SharedDeal] = {}
        """Those that this case changes, as they were before it."""

    @property
    def company(self) -> Company | None:
        """The company of the lead's domain as it stands now; None when the lead has no domain."""
        return self.workspace.company(self.lead.facts.domain)

    @property
    def is_another_hand(self) -> bool:
        """By this case somebody else has the lead, or its deals are others: whose it is by them may have changed."""
        now, before = self.lead, self._begun
        return bool(now.open_deals) and (now.owner, now.deals) != (before.owner, before.deals)

    @property
    def live(self) -> bool:
        """Not history: people are called, clocks run, turns are used."""
        return not self.cause.historical

    def emit(self, kind: type[Event], data: Body, *, time: datetime | None = None) -> None:
        """A fact about the lead, true since `time`; without it, since the input's own time."""
        self._facts.append(kind.fact(self.lead.id, data, time=time or self.at, cause=self.cause))

    def wake(self, kind: WakeUp, due: datetime | None) -> None:
        """Plans the lead's timer of this kind anew; None cancels it."""
        self.workspace.timers.append(wake_up(self.lead.id, kind, due))

    def wake_another(self, lead: str, kind: WakeUp, deal: str) -> None:
        """Another lead looks at the deal now, in its own lane, and answers to the same event."""
        if lead != self.lead.id:
            payload = {"deal": deal, **carried(self.cause)}
            self.workspace.timers.append(Timer(lead, kind, f"{kind}/{lead}/{deal}", self.now, payload))

    def allowed(self, move: str) -> bool:
        """The table of stages has a row for this move from where the lead stands."""
        return lifecycle.allowed(self.lead, move)

    def move(self, move: str, reason: str, *, rejected: bool = False, same_cycle: bool = False) -> None:
        """By the table of stages; `reason` is kept when the cycle ends by it. Raises KeyError when not allowed.

        `same_cycle`: of a deal that was opened in this cycle, which may have been closed before.
        """
        at = self.at
        self.lead = lifecycle.move(self.lead, move, at=at, reason=reason, rejected=rejected, same_cycle=same_cycle)
        if self.lead.decides:
            self.lead = replace(self.lead, decides=None)
            self.wake("decision", None)

    def change(self, **fields: object) -> None:
        """Replaces fields of the lead; stage and status change by `move` only."""
        self.lead = replace(self.lead, **fields)

    def put_deal(self, deal: SharedDeal) -> None:
        """Keeps the deal for all its contacts. Raises LookupError when it was not locked."""
        self._deals.setdefault(deal.deal, self.workspace.deal(deal.deal))
        self.workspace.put_deal(deal)

    def because(
        self,
        why: str,
        *,
        deal: str | None = None,
        withdrawn: bool = False,
        merged: bool = False,
        passed: tuple[PassedStep, ...] = (),
        candidates: tuple[Candidate, ...] = (),
        record: str | None = None,
        owner: str | None = None,
        flags: tuple[str, ...] | None = None,
    ) -> None:
        """Why the lead moves in this step: the fields of the same names of its `stage.changed`, if there is one.

        That a lead is `merged`, or has other `flags` or another owner, is said also of one that moves
        nowhere. `owner` is that of the `record` it is joined to; of a `deal`, whose the lead was, else who reported it.
        """
        self._why = _Why(why, deal, withdrawn, merged, passed, candidates, record, owner, flags)

    def next_step(self) -> None:
        """Ends a step and begins the next: answers come first, then where the lead stands now, then what follows.

        Raises LeftOpen when the lead moved and the step has no reason.
        """
        before, after = self.before, self.lead
        aloud = self._why.merged or self._why.flags is not None or self._silently_owned
        if after is before and not self._facts and not aloud:
            self._why = _NOTHING
            return
        moved = (before.stage, before.status, before.cycle) != (after.stage, after.status, after.cycle)
        if moved and self._why is _NOTHING:
            raise LeftOpen(f"from {before.stage}, {before.status} to {after.stage}, {after.status} without a reason")
        if after.followers and not after.in_hand:
            self._let_followers_go()
            after = self.lead
        self.workspace.put_lead(before, after)
        if before.nurture and not after.nurture:
            left = before.nurture.segment
            self.emit(
                NurtureLeft,
                NurtureLeft.Data(cycle=after.cycle, segment=left, status=after.status, why=self._why.text),
            )
        facts, self._facts = self._facts, []
        if moved or aloud:
            self.emit(StageChanged, self._stage(self._why))
        written = self.workspace.facts
        written += [fact for fact in facts if fact.event in FIRST]
        written += self._facts
        written += [fact for fact in facts if fact.event not in FIRST]
        self._facts, self.before = [], after
        self._why = _NOTHING

    def close(self) -> None:
        """Ends the last step, and says whose the deals are that change hands. Raises LeftOpen like `next_step`."""
        for name, before in self._deals.items():
            deal = self.workspace.deal(name)
            if deal.owner != before.owner:
                deal = replace(deal, version=deal.version + 1)
                self.workspace.put_deal(deal)
                self.emit(DealOwned, DealOwned.Data(deal=name, owner=deal.owner, version=deal.version), time=self.now)
        self.next_step()

    def _let_followers_go(self) -> None:
        """Who was merged into this lead looks again, now and in its own lane: it answers to the same event."""
        payload = {"record": self.lead.id, **carried(self.cause)}
        for one in self.lead.followers:
            key = f"{RECORD_CLOSED}/{one}/{self.lead.id}"
            self.workspace.timers.append(Timer(one, RECORD_CLOSED, key, self.now, payload))
        self.change(followers=())

    @property
    def _silently_owned(self) -> bool:
        """Another rep has the lead, and no offer says so: one that ended says that nobody has it."""
        offers = [fact.data for fact in self._facts if fact.event in OFFERS]
        spoken = offers and (offers[-1].rep if isinstance(offers[-1], LeadAssigned.Data) else None) == self.lead.owner
        return self.lead.owner != self.before.owner and not spoken

    def _stage(self, why: "_Why") -> StageChanged.Data:
        before, after, facts = self.before, self.lead, self.lead.facts
        owner = why.owner or after.owner or before.owner
        offer = after.current or before.current
        standing = after.standing
        return StageChanged.Data(
            cycle=after.cycle,
            stage_from=before.stage,
            stage=after.stage,
            status_from=before.status,
            status=after.status,
            implied=lifecycle.implied(before, after),
            why=why.text,
            owner=owner,
            team=self.terms.people.team(owner),
            pool=offer.pool if offer else None,
            source=facts.source,
            campaign=facts.campaign,
            domain=facts.domain,
            band=standing.band if standing else None,
            total=standing.total if standing else None,
            completeness=standing.completeness if standing else None,
            hand_raise=after.entry is not None and after.entry.kind == "hand_raise",
            deal=why.deal,
            deal_judged=why.deal is not None,
            withdrawn=why.withdrawn,
            merged=why.merged,
            re_engaged=after.entry is not None and after.entry.re_engaged,
            trigger=after.entry.trigger if after.entry else None,
            closed=after.closed,
            passed=why.passed,
            candidates=why.candidates,
            record=why.record,
            flags=why.flags,
        )


def _origin(one: Input, lead: Lead, now: datetime) -> tuple[datetime, Cause]:
    """When it became true, and what its facts answer to: the event, or for a timer the one that began the cycle."""
    if isinstance(one, Event):
        return one.time, Cause.of(one)
    entry = lead.entry
    return one.due_at or now, Cause(entry.cause, entry.correlation) if entry else Cause()


def carried(cause: Cause) -> dict[str, str | None]:
    """The cause as a timer carries it into another lane."""
    return {"cause": cause.id, "correlation": cause.correlation, "mode": cause.mode}


def wake_up(lead: str, kind: WakeUp, due: datetime | None, payload: Mapping[str, object] | None = None) -> Timer:
    """A lead's timer of this kind; it has one of each, so that planning it anew takes the place of the one before."""
    return Timer(lead, kind, f"{kind}/{lead}", due, payload or {})


def snapshot(lead: Lead) -> Snapshot:
    """The lead as people are shown it, frozen now."""
    s = lead.standing
    if s is None:
        return Snapshot(fit=0, engagement=0, total=0, band="cold")
    return Snapshot(
        fit=s.fit,
        engagement=s.engagement,
        total=s.total,
        band=s.band,
        completeness=s.completeness,
        lines=(*s.fit_lines, *s.engagement_lines),
        signals=s.signals,
        facts=s.facts,
        assets=s.assets,
        product=s.product,
    )
