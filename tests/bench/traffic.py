"""Facts of `leads` as ingest would say them: people who become known and what they then do, in a fair mix."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import NAMESPACE_DNS, uuid5

from events import Fact
from events.leads import EngagementRecorded, KnownFact, LeadCaptured

AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"
KINDS = {
    "site_visit": 44,
    "email_open": 16,
    "blog_read": 10,
    "product_page": 9,
    "email_click": 6,
    "other": 5,
    "pricing_view": 3,
    "case_study": 2,
    "whitepaper": 2,
    "webinar_attended": 1,
    "newsletter_signup": 1,
    "demo_request": 1,
}
TITLES = ("VP Operations", "Engineer", "Head of Marketing", "CEO", "Analyst", "Director of IT", "Office Manager")
INDUSTRIES = ("Manufacturing", "Retail", "Software", "Education", "Logistics")
COUNTRIES = ("US", "GB", "DE", "FR", "AU", "BR")


def facts_of_leads(events: int, leads: int, until: datetime, chance: Random) -> Iterator[Fact]:
    """Live ones, spread over the last hours; some people do much more than others."""
    emails = [f"person{n}@company{n * 7 % (leads // 2)}.example" for n in range(leads)]
    weights = [chance.paretovariate(2) for _ in emails]
    drawn = chance.choices(range(leads), weights, k=events)
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=events)
    numbers, known = count(1), set[int]()
    for place, (n, kind) in enumerate(zip(drawn, kinds, strict=True)):
        at = until - timedelta(hours=12) * (1 - place / events)
        lead = str(uuid5(NAMESPACE_DNS, emails[n]))
        if n not in known:
            known.add(n)
            yield LeadCaptured.fact(lead, capture(emails[n], at, chance), time=at)
        else:
            yield EngagementRecorded.fact(lead, engagement(kind, next(numbers), chance), time=at)


def capture(email: str, at: datetime, chance: Random) -> LeadCaptured.Data:
    """A person becomes known, with seven facts."""
    facts = {
        "first_name": "Sam",
        "last_name": "Carter",
        "company": email.partition("@")[2].partition(".")[0].title(),
        "title": chance.choice(TITLES),
        "industry": chance.choice(INDUSTRIES),
        "employees": chance.choice((5, 40, 120, 300, 2000)),
        "country": chance.choice(COUNTRIES),
    }
    known = tuple(KnownFact(name=name, value=value, source="segment", at=at) for name, value in facts.items())
    return LeadCaptured.Data(email=email, facts=known, channel="segment", anonymous_id=f"anon-{email}")


def engagement(kind: str, number: int, chance: Random) -> EngagementRecorded.Data:
    """A known person did something; another `number`, another message."""
    mail = kind.startswith("email")
    page = f"https://www.baton.example/{kind.replace('_', '-')}/{chance.randrange(40)}"
    return EngagementRecorded.Data(
        kind=kind,
        name=kind.replace("_", " ").title(),
        message_id=f"ajs-next-{number:032x}",
        channel="email" if mail else "segment",
        url=None if mail else page,
        title=None if mail else kind.replace("_", " ").title(),
        mail=f"mail-{number % 500}" if mail else None,
        link=page if kind == "email_click" else None,
        user_agent=AGENT,
        properties={"referrer": "https://www.google.com/", "width": 1440},
    )
