"""The fold: requests in the order of receipt, one verdict each, and everything that follows from them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from events import Fact
from events.leads import Known, LeadCaptured, LeadErased, LeadUpdated, lead_id
from ingest.decide.book import Book, Kept, Outcome, Person, Verdict, Wrong
from ingest.decide.people import People
from ingest.decide.reading import Deed, Request
from ingest.decide.submission import Submission, identifier, normalise


def decide(book: Book, requests: Sequence[Request], now: datetime) -> Outcome:
    """Where a batch of requests is cut never shows. A duplicate changes nothing; a refused request leaves nothing."""
    fold = _Fold(book, now)
    verdicts = [fold.take(request) for request in requests]
    people = fold.people
    return Outcome(
        verdicts=verdicts,
        seen=fold.seen,
        identities=people.changed_identities,
        people=people.changed_people,
        moved=people.moved,
        erased=frozenset(people.erased),
        consulted=frozenset(people.consulted),
        kept=people.kept,
        facts=people.facts,
    )


class _Fold:
    def __init__(self, book: Book, now: datetime) -> None:
        self.now = now
        self.people = People(book, now)
        self.seen: dict[tuple[str, str], datetime] = {}
        self._seen_before = book.seen
        self._raw: bytes | None = None

    def take(self, request: Request) -> Verdict:
        verdict = Verdict()
        deeds = [(submission, deed) for submission, deed in request if not self._duplicate(submission)]
        verdict.wrong = self._unknown(deeds)
        if verdict.wrong:
            return verdict
        for submission, deed in deeds:
            if self._duplicate(submission):  # twice in one request
                continue
            self.seen[submission.key] = self.now
            self._apply(submission, deed)
            verdict.accepted += 1
        verdict.duplicates = len(request) - verdict.accepted
        return verdict

    def _duplicate(self, submission: Submission) -> bool:
        before = self.seen.get(submission.key) or self._seen_before.get(submission.key)
        if before is None:
            return False
        return submission.again_after is None or self.now - before < timedelta(seconds=submission.again_after)

    def _unknown(self, deeds: Sequence[tuple[Submission, Deed]]) -> list[Wrong]:
        """Facts about people whom neither the house nor an earlier part of this request knows."""
        wrong = []
        met = set[str]()
        for submission, deed in deeds:
            if submission.account is not None:
                continue
            makes_lead = submission.what not in ("said", "merge", "erase") and deed.email is not None
            named = {name for name in (submission.lead, deed.email, deed.email and lead_id(deed.email)) if name}
            if makes_lead:
                met |= named
            elif submission.what in ("said", "merge", "erase") or submission.lead:
                missing = [name for name in (submission.lead or deed.email,) if not self._found(submission, deed, met)]
                if submission.what == "merge" and self.people.lead(submission.into) is None:
                    missing += [name for name in (submission.into,) if name not in met]
                wrong += [Wrong(submission.pointer, f"no lead {name} is known here") for name in missing]
        return wrong

    def _found(self, submission: Submission, deed: Deed, met: set[str]) -> bool:
        return self._lead(submission, deed) is not None or not met.isdisjoint((submission.lead, deed.email))

    def _lead(self, submission: Submission, deed: Deed) -> Person | None:
        people = self.people
        return people.lead(submission.lead) or people.lead(people.holder("email", deed.email))

    def _apply(self, submission: Submission, deed: Deed) -> None:
        self._raw = submission.raw
        match submission.what:
            case "said":
                self._say(submission, deed)
            case "erase" | "merge":
                self._end(submission, deed)
            case "alias":
                self._alias(submission, deed)
            case _:
                who, learned = self._recognise(submission, deed)
                self._tell(submission, deed, who, learned)

    def _say(self, submission: Submission, deed: Deed) -> None:
        """A fact of sales about a lead, or one about a campaign, a company, a rep."""
        subject = submission.account
        if subject is None:
            lead = self._lead(submission, deed)
            if lead is None:
                return  # erased by an earlier part of the same request
            subject = lead.id
        for event, body in deed.said:
            self.people.say(self._row(submission, event.fact(subject, body, time=deed.at, mode=deed.mode)))

    def _end(self, submission: Submission, deed: Deed) -> None:
        lead = self._lead(submission, deed)
        if lead is None:
            return
        if submission.what == "erase":
            body = deed.said[0][1] if deed.said else LeadErased.Data()
            self.people.erase(lead, self._row(submission, LeadErased.fact(lead.id, body, time=deed.at)))
            return
        other = self.people.lead(submission.into)
        if other is not None and other.id != lead.id:
            self.people.merge(lead, other, "steward")

    def _alias(self, submission: Submission, deed: Deed) -> None:
        """From now on `previous` is another name of this person."""
        people, previous = self.people, submission.previous
        who, learned = self._recognise(submission, deed)
        if previous is not None:
            address = normalise(previous)
            names = (("anonymous", previous), ("user", previous), ("email", address))
            before = next((held for kind, name in names if (held := people.holder(kind, name))), None)
            who = self._joined(before, who)
            for kind, name in (("anonymous", previous), ("user", previous), ("user", submission.user)):
                if name:
                    people.link(kind, name, who)
            if address and people.lead(who):
                people.link("email", address, who)
        self._tell(submission, deed, who, learned)

    def _joined(self, before: str | None, who: str) -> str:
        """The one person that these two names now stand for."""
        people = self.people
        if before is None or before == who:
            return who
        old, new = people.lead(before), people.lead(who)
        if old and new:
            return people.merge(old, new, "alias").id if old.id != new.id else old.id
        if old:
            people.absorb({who}, old.id)
            return old.id
        people.absorb({before}, who)
        return who

    def _recognise(self, submission: Submission, deed: Deed) -> tuple[str, tuple[Known, ...]]:
        """Whose deed this is (a lead, or the name a visitor is parked under), and what is left to tell."""
        people, learned = self.people, deed.known
        user, anonymous = identifier(submission.user), identifier(submission.anonymous)
        lead = self._named(submission, deed, user)
        if lead is None and deed.email is not None:
            lead, learned = self._capture(submission, deed, deed.email), ()
        if lead is None:
            visitor = people.lead(people.holder("anonymous", anonymous))
            if visitor is not None:
                return visitor.id, learned
        if lead is not None and deed.email is not None and people.holder("email", deed.email) is None:
            people.link("email", deed.email, lead.id)
            learned = (self._address(submission, deed, deed.email), *learned)
        who = lead.id if lead else people.holder("user", user) or people.holder("anonymous", anonymous)
        who = who or (f"user:{user}" if user else f"anonymous:{anonymous or submission.message_id}")
        self._link(who, user, anonymous)
        return who, learned

    def _link(self, who: str, user: str | None, anonymous: str | None) -> None:
        people = self.people
        names = [(kind, name) for kind, name in (("user", user), ("anonymous", anonymous)) if name]
        held = {people.holder(kind, name) for kind, name in names}
        for kind, name in names:
            people.link(kind, name, who)
        visitors = {name for name in held if name and name != who and people.lead(name) is None}
        if visitors:
            people.absorb(visitors, who)

    def _named(self, submission: Submission, deed: Deed, user: str | None) -> Person | None:
        """The lead that id, address or user id name; when they name several, these are one person."""
        people = self.people
        named = None
        for name in (submission.lead, people.holder("email", deed.email), people.holder("user", user)):
            lead = people.lead(name)
            if lead is not None and named is not None and lead.id != named.id:
                lead = people.merge(named, lead, "shared_email")
            named = lead or named
        return named

    def _address(self, submission: Submission, deed: Deed, email: str) -> Known:
        return Known(name="email", value=email, source=submission.learned_from, at=deed.at)

    def _capture(self, submission: Submission, deed: Deed, email: str) -> Person:
        lead = self.people.capture(email)
        data = LeadCaptured.Data(
            email=email,
            facts=(self._address(submission, deed, email), *deed.known),
            channel=submission.channel,
            campaign=deed.campaign,
            anonymous_id=submission.anonymous,
        )
        self.people.accept(self._row(submission, LeadCaptured.fact(lead.id, data, time=deed.at, mode=deed.mode)))
        return lead

    def _tell(self, submission: Submission, deed: Deed, who: str, learned: tuple[Known, ...]) -> None:
        """Facts before deeds."""
        if learned:
            data = LeadUpdated.Data(facts=learned)
            self.people.accept(self._row(submission, LeadUpdated.fact(who, data, time=deed.at, mode=deed.mode)))
        for event, body in deed.said:
            self.people.accept(self._row(submission, event.fact(who, body, time=deed.at, mode=deed.mode)))

    def _row(self, submission: Submission, fact: Fact) -> Kept:
        """The first row of a submission keeps what was sent."""
        raw, self._raw = self._raw, None
        return Kept(fact.subject, fact, submission.source, submission.message_id, raw)
