"""Chapter `events`: what people do, under the names our tools give it, and what we call it."""

from functools import cached_property
from typing import Literal

from agreement.types import Count, Id, Intent, Terms, Wall
from events.vocabulary import Side

TrafficClass = Literal["direct", "referral", "organic", "paid", "email", "social", "partner"]
EngagementKind = Id
"""Name of a kind of engagement: the list is the agreement's."""


class KindTerm(Terms):
    """One kind of engagement. A mail kind is judged for machines; a hand-raise opens the fast track."""

    kind: EngagementKind
    title: str
    """As a signal reads: `pricing page`, `demo request`."""
    intent: Intent
    side: Side
    hand_raise: bool = False
    mail: bool = False
    click: bool = False
    """A mail kind: a link of the message was followed, so bursts and haste (`machines`) are looked for."""
    reply: bool = False
    """A mail kind: somebody answered, so what answers by itself (`machines`) is looked for."""


class PagePrefix(Terms):
    """Looking at a page whose path begins with `prefix` is an engagement of this kind."""

    prefix: str
    kind: EngagementKind


class Machines(Terms):
    """Mail gateways open and click every link; what they do is worth 0."""

    scanner_user_agents: tuple[str, ...]
    """Words, lower case, found in the user agents of scanners."""
    distinct_links: Count
    within: Wall
    """So many distinct links of one message in this time."""
    after_delivery: Wall
    """A click this soon after delivery."""
    automatic_replies: tuple[str, ...]
    """What the subject of an automatic reply says: the whole of its first clause, beside the words below."""
    absences: tuple[str, ...] = ()
    """What is also a topic: automatic where the subject begins with it (no `Re:`), and it is all of the clause."""
    beside_automatic: tuple[str, ...] = ()
    """Words that may stand beside it in that clause, and ask nothing: `I am`, `currently`, `message`."""
    until: tuple[str, ...] = ()
    """Words that begin the rest of the clause: since when, or until when."""
    letters: tuple[str, ...] = ()
    """What a person sends, in the words of helpdesks: `message`, `request`."""
    receipts: tuple[str, ...] = ()
    """What helpdesks write when something came, with `_` for one of `letters`: all of the clause (no `Re:`)."""
    labels: tuple[str, ...] = ()
    """What mail programs put, with a colon, in front of the subject or the appointment that they report on."""
    sentences: tuple[str, ...] = ()
    """Words with which a sentence begins, and neither a subject nor a name."""
    no_names: tuple[str, ...] = ()
    """Further words with which no name begins: `who`, `my`."""
    departures: tuple[str, ...] = ()
    """Says that somebody left, with `_` at the end for a company: all of the clause (no `Re:`), but for who it is."""
    turns: tuple[str, ...] = ()
    """Words with which a writer goes on behind a comma who is there after all: `but let's talk`."""
    thanks: tuple[str, ...] = ()
    """A clause that programs put in front: the next one is judged then, though the subject begins with `Re:`."""


class Referrals(Terms):
    """A touch is a referral if it names a partner, or its campaign has one of these media."""

    mediums: tuple[str, ...]


class TrafficRule(Terms):
    """A class of traffic: the touches of these media, or else from these sources."""

    traffic: TrafficClass
    mediums: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Lower case: the name of a source, or a site and all below it."""


class Events(Terms):
    """The whole chapter: what other tools call things, and which kind of engagement each of them is."""

    kinds: tuple[KindTerm, ...]
    track: dict[str, EngagementKind]
    """Names of track events, matched case-blind; names not listed are `other`."""
    pages: tuple[PagePrefix, ...]
    """The first prefix that fits the page's path decides."""
    other_pages: EngagementKind
    forms: dict[str, EngagementKind]
    other_forms: EngagementKind
    fields: dict[str, tuple[str, ...]]
    """Form fields and traits: our name, then the names other tools use, matched case-blind."""
    machines: Machines
    referrals: Referrals
    traffic: tuple[TrafficRule, ...]
    """Media before sources, each from the top. Another source is `referral`, none is `direct`."""
    deduplicate_for: Wall
    """How long a message id is remembered."""

    @cached_property
    def by_kind(self) -> dict[str, KindTerm]:
        """The kinds of engagement by name."""
        return {term.kind: term for term in self.kinds}

    @cached_property
    def hand_raises(self) -> frozenset[str]:
        """Names of the kinds by which a person asks to be contacted."""
        return frozenset(term.kind for term in self.kinds if term.hand_raise)
