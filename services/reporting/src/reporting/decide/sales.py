"""Topic `sales`: what sales did, said and sold."""

from dataclasses import replace
from typing import Any

from events import Event, Money
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    DealChanged,
    DealLost,
    DealOpened,
    DealWon,
    FeedbackGiven,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesRejected,
)
from reporting.decide.fold import Fold, Reader
from reporting.decide.rows import Touch
from reporting.decide.work_rows import Deal, Remark


def touched(fold: Fold, event: ContactAttempted | ContactConnected) -> None:
    said = event.data
    kind = "connected" if isinstance(event, ContactConnected) else said.channel or "contact"
    fold.put(Touch(lead=event.subject, event=event.id, at=event.time, side="sales", kind=kind))


def rejected(fold: Fold, event: SalesRejected) -> None:
    _remark(fold, event, "rejected", assignment=event.data.assignment, reason=event.data.reason, note=event.data.note)


def disqualified(fold: Fold, event: LeadSalesDisqualified) -> None:
    _remark(fold, event, "disqualified", reason=event.data.reason, note=event.data.note)


def judged(fold: Fold, event: FeedbackGiven) -> None:
    _remark(fold, event, "feedback", quality=event.data.quality, note=event.data.note)


def account(fold: Fold, event: AccountSuppressed | AccountHandedBack) -> None:
    kind = "suppressed" if isinstance(event, AccountSuppressed) else "handed_back"
    _remark(fold, event, kind, note=event.data.note)


def opened(fold: Fold, event: DealOpened) -> None:
    said = event.data
    old = _deal(fold, event)
    fold.put(
        replace(
            old,
            opened_at=old.opened_at or event.time,
            owner=said.by or old.owner,
            expected_close=said.expected_close or old.expected_close,
            product=said.product or old.product,
            **_priced(said.amount),
        )
    )


def changed(fold: Fold, event: DealChanged) -> None:
    said = event.data
    old = _deal(fold, event)
    fold.put(
        replace(
            old,
            expected_close=said.expected_close or old.expected_close,
            product=said.product or old.product,
            **_priced(said.amount),
        )
    )


def won(fold: Fold, event: DealWon) -> None:
    said = event.data
    old = _deal(fold, event)
    fold.put(
        replace(
            old,
            state="won",
            opened_at=old.opened_at or event.time,
            closed_at=event.time,
            paid_at=said.paid_at or old.paid_at,
            product=said.product or old.product,
            owner=said.by or old.owner,
            reason=None,
            competitor=None,
            **_priced(said.amount),
        )
    )


def lost(fold: Fold, event: DealLost) -> None:
    said = event.data
    old = _deal(fold, event)
    fold.put(
        replace(
            old,
            state="lost",
            opened_at=old.opened_at or event.time,
            closed_at=event.time,
            reason=said.reason,
            competitor=said.competitor,
            owner=said.by or old.owner,
        )
    )
    _remark(fold, event, "lost", reason=said.reason, note=said.note)


def told(fold: Fold, event: SalesAccepted | LeadSalesQualified | RepAvailability) -> None:
    """Kept in the timeline: whether an answer counts is said by routing."""


READS: dict[type[Event], Reader] = {
    SalesAccepted: told,
    SalesRejected: rejected,
    ContactAttempted: touched,
    ContactConnected: touched,
    LeadSalesQualified: told,
    LeadSalesDisqualified: disqualified,
    DealOpened: opened,
    DealChanged: changed,
    DealWon: won,
    DealLost: lost,
    FeedbackGiven: judged,
    AccountSuppressed: account,
    AccountHandedBack: account,
    RepAvailability: told,
}


def _deal(fold: Fold, event: DealOpened | DealChanged | DealWon | DealLost) -> Deal:
    return fold.get(Deal, event.subject, event.data.deal) or Deal(lead=event.subject, deal=event.data.deal)


def _priced(amount: Money | None) -> dict[str, Any]:
    return {"amount": amount.amount, "currency": amount.currency} if amount else {}


def _remark(fold: Fold, event: Event, kind: str, **said: Any) -> None:
    fold.put(
        fold.private(
            Remark(
                lead=event.subject,
                event=event.id,
                at=event.time,
                recorded_at=event.recordedtime,
                kind=kind,
                by=event.data.by,
                **said,
            )
        )
    )
