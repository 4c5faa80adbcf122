"""What a steward decided about a lead that waited for one; disputed facts come as facts, through scoring."""

from events.sales import WAITING, StewardDecided
from routing.decide.causes.answers import ignore
from routing.decide.causes.scores import judge_again
from routing.decide.model.case import Case
from routing.decide.placing.merges import join_record
from routing.decide.placing.route import WITH_STEWARD
from runtime.values import Timer


def on_steward_decided(case: Case, event: StewardDecided) -> None:
    """The lead leaves the steward's queue: judged and routed anew, disqualified, or joined to the record named.

    Where facts were pinned, the new score routes it (`scores.on_standing`); a timer does, should that change nothing
    that routing looks at. `answer.ignored` when the lead does not wait any more.
    """
    data = event.data
    if data.item != WAITING:
        return
    if case.lead.status != WITH_STEWARD:
        if not data.facts:
            text = f"it is {case.lead.stage}, {case.lead.status}: no steward is asked"
            ignore(case, data.decision, "closed", text, by=data.by)
        return
    if data.decision == "drop":
        why = f"dropped by {data.steward}"
        case.because(why)
        case.move("disqualified", why)
    elif data.decision == "merge":
        if not join_record(case, data.record or "", f"merged by {data.steward}", "merged by a steward"):
            ignore(case, data.decision, "invalid", f"{data.record} is no record that somebody owns", by=data.by)
    elif data.facts:
        case.wake("mended", case.terms.definitions.enrichment.limit.after(max(case.now, case.at)))
    else:
        judge_again(case)


def on_mended(case: Case, timer: Timer) -> None:
    """What a steward pinned changed nothing that routing looks at: it is mended all the same."""
    if case.lead.status == WITH_STEWARD:
        judge_again(case)
