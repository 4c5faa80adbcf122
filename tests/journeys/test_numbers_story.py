"""One set of numbers: what the reports say equals what anybody counts from the leads themselves."""

from collections import Counter
from collections.abc import Mapping

import pytest

from testing.answers import LeadsAnswer
from testing.figures import AttributionAnswer, FunnelAnswer, LevelsAnswer, RejectionsAnswer
from testing.house import Client

STAGES = ("lead", "mql", "sal", "sql", "opportunity", "won")
FURTHEST = ["lead", "lead", "mql", "mql", "reject", "sal", "sal", "sql", "opportunity", "won", "won", "lost"]
"""How far each of these people gets."""
SOURCES = ("google", "linkedin")


def steps(email: str, rep: str, offer: str, number: int) -> list[Mapping[str, object]]:
    who = {"lead": email, "by": rep}
    deal = {**who, "deal": f"D-{number}"}
    return [
        {"type": "accepted", "assignment": offer, **who},
        {"type": "qualified", "need": True, "budget": True, "authority": True, **who},
        {"type": "deal_opened", "amount": {"amount": 1_000_001 + number, "currency": "USD"}, **deal},
        {"type": "deal_won", **deal},
    ]


async def play(client: Client) -> dict[str, str]:
    people = {f"kim@firm-{number}.io": goal for number, goal in enumerate(FURTHEST)}
    for number, (email, goal) in enumerate(people.items()):
        source = SOURCES[number % 2]
        await client.track(type="page", anonymousId=email, messageId=f"p-{number}", properties={"path": "/pricing"},
                          context={"campaign": {"source": source, "name": f"{source}-1"}})  # fmt: skip
        form = "newsletter" if goal == "lead" else "demo"
        more = {} if goal == "lead" else {"title": "VP Sales", "country": "US", "employees": "120"}
        await client.submit(form, email=email, anonymous_id=email, first_name="Kim", last_name="Lee", **more)
    await client.settle()
    for number, (email, goal) in enumerate(people.items()):
        offers = (await client.lead(email))["assignments"]
        if goal in ("lead", "mql"):
            continue
        offer, rep = offers[0]["id"], offers[0]["rep"]
        story = steps(email, rep, offer, number)
        if goal == "reject":
            story = [{"type": "rejected", "lead": email, "by": rep, "assignment": offer, "reason": "not_icp"}]
        elif goal == "lost":
            lost = {"type": "deal_lost", "lead": email, "by": rep, "deal": f"D-{number}", "reason": "price"}
            story = [*story[:3], lost]
        else:
            story = story[: STAGES.index(goal) - 1]
        await client.sales(*story)
    await client.advance(hours=12)
    return people


@pytest.mark.slow
async def test_the_reports_say_what_the_leads_say(client: Client) -> None:
    await client.advance(hours=2)
    people = await play(client)
    leads = [await client.lead(email) for email in people]

    reached: Counter[str] = Counter()
    for lead in leads:
        reached.update({"lead", *(entry["stage"] for entry in lead["stages"] if not entry["withdrawn"])})
    funnel = await client.get("/api/funnel", FunnelAnswer, range="30d")
    counts = {row["stage"]: row["count"] for row in funnel["stages"]}
    assert counts == {stage: reached[stage] for stage in STAGES}
    assert counts == {"lead": 12, "mql": 10, "sal": 7, "sql": 5, "opportunity": 4, "won": 2}
    for row in funnel["stages"]:
        behind = await client.get(row["leads"], LeadsAnswer) if row["leads"] else None
        assert behind is None or len(behind["items"]) == row["count"], row["stage"]

    verdicts: dict[str, Counter[str]] = {}
    for lead in leads:
        for clock in lead["clocks"]:
            verdicts.setdefault(clock["name"], Counter())[clock["state"]] += 1
    levels = await client.get("/api/service-levels", LevelsAnswer, range="30d")
    for level in [*levels["marketing"], *levels["sales"]]:
        if level["name"] in verdicts:
            states = verdicts[level["name"]]
            judged = states["met"] + states["late"] + states["breached"]
            assert (level["met"], level["total"]) == (states["met"], judged), level["name"]
    assert verdicts["first_touch"]["breached"] > 0

    rejections = await client.get("/api/rejections", RejectionsAnswer, range="30d")
    answers = Counter(offer["answer"] for lead in leads for offer in lead["assignments"] if offer["answer"])
    assert rejections["accepted"] == answers.pop("accepted") == 7
    assert {row["reason"]: row["count"] for row in rejections["reasons"]} == answers
    assert answers["not_icp"] == 1
    assert answers["accept_timeout"] > 0

    won = sum(1_000_001 + number for number, goal in enumerate(FURTHEST) if goal == "won")
    for model in ("w_baton", "w_standard", "full_path", "u_shaped", "first", "last", "linear", "time_decay"):
        credit = await client.get("/api/attribution", AttributionAnswer, range="30d", model=model)
        assert credit["total"]["amount"] == won, model
        assert sum(row["amount"]["amount"] for row in credit["items"]) == won, f"{model}: to the cent"
        assert sum(side["amount"] for side in credit["sides"].values()) == won, model
