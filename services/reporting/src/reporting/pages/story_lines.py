"""One line of the timeline, read for the story of a lead: whose doing it was, and the phrase that it becomes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from events.vocabulary import humanize
from reporting.pages.formats import channel
from reporting.store.conditions import DatabaseRow

StoryGroup = Literal["people", "sales", "clocks", "messages", "machine"]
"""Whose doing: the person's; sales' and of the handoff; of the promises; of who was told; of the house itself."""
GROUPS: Final[tuple[StoryGroup, ...]] = get_args(StoryGroup)


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line of the timeline. Lines of a day with the same group and key become one phrase."""

    group: StoryGroup
    key: str
    alone: str
    """The phrase, when no other line of the day has the key."""
    many: str
    """The phrase of several: `{n}` is how many, `{details}` what differs, `{last}` the detail of the last."""
    detail: str
    joined: str
    """What stands between it and the phrase before."""
    at: datetime
    event: str
    words: str | None


_DOINGS: Final[Mapping[str, tuple[str, str]]] = {
    "demo_request": ("asked for a demo", "asked for a demo {n} times"),
    "contact_sales": ("asked to be contacted", "asked to be contacted {n} times"),
    "free_trial": ("started a free trial", "started a free trial {n} times"),
    "pricing_view": ("read the pricing page", "read the pricing page {n} times"),
    "meeting_booked": ("booked a meeting", "booked {n} meetings"),
    "email_reply": ("answered a mail", "answered {n} mails"),
    "case_study": ("read a case study", "read {n} case studies"),
    "webinar_attended": ("came to a webinar", "came to {n} webinars"),
    "product_page": ("read a product page", "read {n} product pages"),
    "whitepaper": ("took a whitepaper", "took {n} whitepapers"),
    "blog_read": ("read a blog post", "read {n} blog posts"),
    "newsletter_signup": ("subscribed to the newsletter", "subscribed to the newsletter {n} times"),
    "site_visit": ("read a page", "read {n} pages"),
    "email_open": ("opened a mail", "opened {n} mails"),
    "email_click": ("followed a link in a mail", "followed {n} links in mails"),
    "form_submitted": ("filled in a form", "filled in {n} forms"),
}
"""Kinds of engagement as something that a person did; of a kind that is not here the agreement's title stands."""
_ABOUT: Final = ("case_study", "webinar_attended", "whitepaper", "product_page", "blog_read")
"""Kinds of which the asset is worth a word."""
_WAYS: Final[Mapping[str, str]] = {
    "pool": "turn",
    "same_company": "same company",
    "accept_timeout": "next in turn",
    "recycled": "had it before",
    "named_account": "owns the account",
    "referral": "the partner's owner",
    "existing_customer": "account manager",
    "hands_to": "the pool that takes over",
    "on_call": "on call",
}
"""How the rep came to it; other rules by their names."""
_ENGAGED: Final = re.compile(r"[^:]+")
_TOTAL: Final = re.compile(r"Score (-?\d+): fit (-?\d+) and engagement (-?\d+)")
_TRIED: Final = re.compile(r"(.+) tried: (.+)")
_CLOCK: Final = re.compile(r"Clock “(.+)” (.+?): ")
_BY_CONTACT: Final = ("(by contact)", "(contact implies it)")
"""What an acceptance ends with; the second in lines that were kept before."""
_NOTICE: Final = re.compile(r"Notice “(.+)” to (.+) by (\w+): (.+)")
_ECHOES: Final = (
    "sales.accepted",
    "sales.rejected",
    "stage.changed",
    "lead.scored",
    "lead.updated",
    "engagement.judged",
)
"""What another line says as well, or nobody asked for."""
_MESSAGES: Final = ("owner.told", "alert.raised", "mail.sent")
_GROUP_OF: Final[Mapping[str, StoryGroup]] = {"leads": "people", "slas": "clocks", "notices": "messages"}
"""By topic; of all others sales."""


def total_of(text: str) -> int | None:
    """The total that a line about a score names (decide/timeline.py); None of any other line."""
    match = _TOTAL.match(text)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class StoryReader:
    """What lines are read with: how things stand beside them, by event."""

    engagements: Mapping[str, DatabaseRow]
    """Kind, asset, and whether a machine did it."""
    offers: Mapping[str, DatabaseRow]
    remarks: Mapping[str, str]
    """What a rep wrote, by the event that it caused."""
    name: Callable[[str], str]
    """Of a rep."""
    channel: Callable[[str], str]
    """Title of a channel of sales."""
    silence: Callable[[DatabaseRow], str]
    """How an offer ended that nobody answered."""

    def read(self, row: DatabaseRow, total: int | None) -> StoryLine:
        """One line; `total`: of the score as it was known by then."""
        topic, kind = row["event"].split("/")[0], row["type"]
        group: StoryGroup = _GROUP_OF.get(topic, "sales")
        if kind.startswith(_ECHOES):
            group = "machine"
        if kind.startswith(_MESSAGES):
            group = "messages"
        make = next((one for prefix, one in _READERS.items() if kind.startswith(prefix)), StoryReader._plain)
        return make(self, row, group, total)

    def _line(
        self, row: DatabaseRow, group: StoryGroup, alone: str, *, key: str | None = None, many: str | None = None,
        detail: str = "", joined: str = ", ", words: str | None = None,
    ) -> StoryLine:  # fmt: skip
        """Without a `key` it folds with no other."""
        return StoryLine(
            group, key or row["event"], alone, many or f"{{n}} × {_plain_braces(alone)}", detail, joined, row["at"],
            row["event"], words or row["words"],
        )  # fmt: skip

    def _plain(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        text = row["text"]
        named = row["event"].startswith("sales/") and not row["type"].startswith("deal.")
        lower = text if named else text[:1].lower() + text[1:]
        return self._line(row, group, lower, key=text, joined="; " if group == "sales" else ", ")

    def _came(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        return self._line(
            row, group, re.sub(r"^Became known through (\w+)", lambda it: f"came by {channel(it[1])}", row["text"])
        )

    def _engaged(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        known = self.engagements.get(row["event"])
        title = _ENGAGED.match(row["text"])
        fallback = (title[0] if title else row["text"]).lower()
        kind, asset = (known["kind"], known["asset"]) if known else (fallback, None)
        one, many = _DOINGS.get(kind, (fallback, f"{{n}} × {_plain_braces(fallback)}"))
        machine = (known and known["machine"]) or row["text"].endswith("(a machine)")
        about = f": {asset}" if asset and kind in _ABOUT else ""
        return self._line(row, "machine" if machine else group, f"{one}{about}", key=kind, many=many)

    def _qualified(self, row: DatabaseRow, group: StoryGroup, total: int | None) -> StoryLine:
        text = row["text"] if total is None else f"{total} points"
        return self._line(row, group, text[:1].lower() + text[1:], key="points", many="{details}", detail=text)

    def _offered(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        offer = self.offers.get(row["event"])
        if offer is None:
            return self._plain(row, group, _total)
        way = "on call" if offer["rule"] == "on_call" else _WAYS.get(offer["rule"], humanize(offer["rule"]))
        where = f" in {offer['pool']}" if way in ("turn", "next in turn") and offer["pool"] else ""
        return self._line(row, group, f"{self.name(offer['rep'])} ({way}{where})", joined=" → ")

    def _accepted(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        by_contact = " by contact" if row["text"].endswith(_BY_CONTACT) else ""
        return self._line(row, group, f"accepted{by_contact}", joined=" → ")

    def _came_back(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        reason = row["text"].partition(": ")[2]
        silent = self.silence(row)
        text = silent or f"came back: {reason}"
        return self._line(row, group, text, joined=" → ", words=self.remarks.get(row["cause"] or ""))

    def _tried(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        match = _TRIED.match(row["text"])
        if match is None:
            return self._plain(row, group, _total)
        who, channel = match[1], self.channel(match[2])
        many = f"{_plain_braces(who)} tried {{n}} times ({{details}})"
        return self._line(
            row, group, f"{who} tried by {channel}", key=f"tried {who}", many=many, detail=channel, joined="; "
        )

    def _clock(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        match = _CLOCK.match(row["text"])
        if match is None:
            return self._plain(row, group, _total)
        promise, verb = match[1], match[2]
        return self._line(
            row, group, f"{verb}: {promise}", key=verb, many=f"{_plain_braces(verb)}: {{details}}", detail=promise
        )

    def _notice(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        match = _NOTICE.match(row["text"])
        if match is None:
            return self._plain(row, group, _total)
        kind, to, channel, state = match.groups()
        end = "" if state == "sent" else f": {state}"
        begin = f"{kind} to {to} by"
        many = f"{_plain_braces(begin)} {{details}}{_plain_braces(end)}"
        return self._line(row, group, f"{begin} {channel}{end}", key=f"{begin}{end}", many=many, detail=channel)

    def _scored(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        text = row["text"][:1].lower() + row["text"][1:]
        return self._line(row, group, text, key="score", many="{last}, after {n} changes", detail=text)

    def _learned(self, row: DatabaseRow, group: StoryGroup, _total: int | None) -> StoryLine:
        facts = row["text"].removeprefix("Learned: ")
        return self._line(row, group, f"learned {facts}", key="learned", many="learned {details}", detail=facts)


_READERS: Final[Mapping[str, Callable[[StoryReader, DatabaseRow, StoryGroup, int | None], StoryLine]]] = {
    "lead.captured": StoryReader._came,
    "engagement.recorded": StoryReader._engaged,
    "lead.qualified": StoryReader._qualified,
    "lead.assigned": StoryReader._offered,
    "lead.accepted": StoryReader._accepted,
    "lead.returned": StoryReader._came_back,
    "contact.attempted": StoryReader._tried,
    "clock.": StoryReader._clock,
    "notice.": StoryReader._notice,
    "lead.scored": StoryReader._scored,
    "lead.updated": StoryReader._learned,
}
"""By how the name of the type begins."""


def _plain_braces(text: str) -> str:
    """To stand in a pattern: braces in it are only braces."""
    return text.replace("{", "{{").replace("}", "}}")
