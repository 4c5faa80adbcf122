"""The numbers of domain.md, each at its place in the shipped folder."""

from agreement import Agreement, Span
from agreement.scoring import EngagementRule
from agreement.service_levels import Reminder


def span(text: str) -> Span:
    return Span.model_validate(text)


def texts(*spans: Span) -> list[str]:
    return [str(one) for one in spans]


def test_bands_are_half_open(agreement: Agreement) -> None:
    totals = (-100, 39, 40, 59, 60, 79, 80, 200)
    assert [agreement.definitions.band(total) for total in totals] == [
        "cold",
        "cold",
        "cool",
        "cool",
        "warm",
        "warm",
        "hot",
        "hot",
    ]


def test_definitions(agreement: Agreement) -> None:
    terms = agreement.definitions
    assert (terms.mql_gate.total_at_least, str(terms.mql_gate.engaged_within)) == (60, "90d")
    assert (str(terms.re_mql.cooldown), terms.re_mql.intent) == ("30d", ("high", "medium"))
    assert terms.completeness.model_dump() == {
        "email": 25,
        "company": 20,
        "job_title": 15,
        "lead_source": 15,
        "intent_signal": 15,
        "name": 10,
    }
    assert texts(terms.enrichment.limit, terms.enrichment.hand_raise_limit) == ["60s", "5s"]
    assert texts(terms.cycles.counts_again_after, terms.historical_after) == ["90d", "24h"]
    assert terms.qualification.model_dump() == {"need": True, "further": 2, "timeline_months_at_most": 6}
    assert (terms.lead_quality.worst, terms.lead_quality.best) == (1, 10)
    assert len(terms.win_loss_survey) == 8
    assert set(terms.lost_reasons) == {
        "competitor",
        "no_budget",
        "timing",
        "no_decision",
        "price",
        "product_gap",
        "other",
    }


def test_ideal_customer(agreement: Agreement) -> None:
    ideal = agreement.definitions.ideal_customer
    assert (ideal.employees.at_least, ideal.employees.at_most) == (50, 500)
    assert (ideal.sweet_spot.at_least, ideal.sweet_spot.at_most) == (100, 200)
    assert (ideal.revenue_at_least.amount, ideal.revenue_at_most.amount) == (1_000_000_000, 10_000_000_000)


def test_disqualifiers_have_two_severities(agreement: Agreement) -> None:
    severity = {one.name: one.severity for one in agreement.definitions.disqualifiers}
    assert {name for name, how in severity.items() if how == "hard"} == {
        "student",
        "excluded_industry",
        "unsupported_country",
        "competitor",
        "own_staff",
        "test_record",
    }
    assert {name for name, how in severity.items() if how == "soft"} == {"free_mail", "tiny_company", "agency"}
    tiny = agreement.definitions.disqualifying.tiny_company
    assert [number in tiny for number in (0, 1, 9, 10)] == [False, True, True, False]


def test_industries_and_places(agreement: Agreement) -> None:
    classes = {term.name: term.industry_class for term in agreement.definitions.industries}
    assert {name for name, one in classes.items() if one == "target"} == {
        "B2B SaaS",
        "Technology",
        "Professional services",
    }
    assert {name for name, one in classes.items() if one == "secondary"} == {"Manufacturing", "Healthcare"}
    assert {name for name, one in classes.items() if one == "excluded"} == {"Non-profit", "Government", "Education"}
    places = {country: geo.name for geo in agreement.definitions.geographies for country in geo.countries}
    assert (places["US"], places["GB"], places["NZ"]) == ("north_america", "uk_western_europe", "australia_nz")


def test_kinds_and_hand_raises(agreement: Agreement) -> None:
    assert agreement.events.hand_raises == {
        "demo_request",
        "contact_sales",
        "free_trial",
        "email_reply",
        "meeting_booked",
    }
    intent = {term.kind: term.intent for term in agreement.events.kinds}
    assert {intent[kind] for kind in ("demo_request", "pricing_view", "contact_sales", "free_trial")} == {"high"}
    assert {intent[kind] for kind in ("case_study", "webinar_attended", "product_page")} == {"medium"}
    assert {intent[kind] for kind in ("blog_read", "newsletter_signup", "whitepaper")} == {"low"}


def test_track_names_of_the_interface(agreement: Agreement) -> None:
    names = {
        "Demo Requested": "demo_request",
        "Contact Sales": "contact_sales",
        "Trial Started": "free_trial",
        "Pricing Viewed": "pricing_view",
        "Webinar Attended": "webinar_attended",
        "Case Study Viewed": "case_study",
        "Whitepaper Downloaded": "whitepaper",
        "Product Page Viewed": "product_page",
        "Blog Read": "blog_read",
        "Newsletter Subscribed": "newsletter_signup",
        "Email Opened": "email_open",
        "Email Clicked": "email_click",
        "Email Replied": "email_reply",
        "Meeting Booked": "meeting_booked",
    }
    assert names.items() <= agreement.events.track.items()
    assert [(page.prefix, page.kind) for page in agreement.events.pages] == [("/pricing", "pricing_view")]
    assert agreement.events.other_pages == "site_visit"


def test_machines(agreement: Agreement) -> None:
    machines = agreement.events.machines
    assert (machines.distinct_links, str(machines.within), str(machines.after_delivery)) == (3, "10s", "2s")


def test_fit(agreement: Agreement) -> None:
    fit = agreement.scoring.by_name["default"].fit
    sizes = {
        number: next(band.points for band in fit.employees if number in band.employees)
        for number in (1, 10, 11, 50, 51, 200, 201, 500, 501, 10_000)
    }
    assert list(sizes.values()) == [-10, -10, 10, 10, 25, 25, 20, 20, 10, 10]
    assert fit.industry == {"target": 20, "secondary": 10, "other": 0, "excluded": -50}
    assert list(fit.seniority.values()) == [30, 25, 20, 10, 5, -20]
    assert fit.geography == {
        "north_america": 10,
        "uk_western_europe": 10,
        "australia_nz": 5,
        "not_served": -20,
        "other": 0,
    }
    assert (fit.lowest, fit.highest) == (-100, 100)


def test_engagement(agreement: Agreement) -> None:
    terms = agreement.scoring.by_name["default"].engagement
    assert {kind: counted(rule) for kind, rule in terms.by_kind.items()} == {
        "demo_request": "50 period 30d",
        "contact_sales": "40 period 30d",
        "free_trial": "40 period 30d",
        "pricing_view": "30 period 30d",
        "webinar_attended": "20 asset",
        "case_study": "15 asset",
        "whitepaper": "5 asset",
        "product_page": "10 max 20/90d",
        "blog_read": "5 max 15/90d",
        "newsletter_signup": "5 lead",
        "site_visit": "2 max 10/90d",
        "fifth_visit": "15 period 30d",
        "email_open": "2 message max 10/90d",
        "email_click": "5 max 20/90d",
        "email_reply": "25 message",
    }
    assert (terms.lowest, terms.highest, terms.visits.nth) == (0, 100, 5)
    assert [(str(step.after), step.keep_percent) for step in terms.decay] == [("60d", 50), ("90d", 0)]
    assert agreement.scoring.account.model_dump() == {"further_person": 5, "highest": 200}


def counted(rule: EngagementRule) -> str:
    parts = [str(rule.points), rule.once_per or "", str(rule.period or "")]
    if rule.at_most:
        parts.append(f"max {rule.at_most.points}/{rule.at_most.within}")
    return " ".join(part for part in parts if part)


def test_routing(agreement: Agreement) -> None:
    terms = agreement.routing
    assert [step.number for step in terms.steps] == list(range(11))
    sizes = {
        number: next(size.name for size in terms.sizes if size.employees and number in size.employees)
        for number in (1, 49, 50, 199, 200, 9_000)
    }
    assert list(sizes.values()) == ["smb", "smb", "mid", "mid", "ent", "ent"]
    assert [size.name for size in terms.sizes if size.employees is None] == ["unknown"]
    assert (terms.fallback_region, terms.fallback_flag) == ("na", "no_local_cover")
    assert {term.name: (str(term.first_touch), term.flag) for term in terms.urgency} == {
        "hand_raise": ("4bh", "hot"),
        "hot": ("4bh", "hot"),
        "referral": ("4bh", "referral"),
        "warm": ("1bd", None),
    }
    assert texts(terms.same_company_within, terms.referral.within) == ["30d", "180d"]
    assert (terms.nurture.total_at_least, terms.nurture.below_tells_contributions, terms.repools_at_most) == (40, 3, 2)


def test_reject_reasons(agreement: Agreement) -> None:
    reasons = agreement.routing.by_reason
    assert {name: (reason.then, reason.turn) for name, reason in reasons.items()} == {
        "already_in_pipeline": ("merge", "credited"),
        "not_icp": ("disqualify", "credited"),
        "bad_data": ("steward", "credited"),
        "competitor_or_agency": ("suppress", "credited"),
        "out_of_territory": ("reroute", "credited"),
        "other": ("nurture", "consumed"),
        "accept_timeout": ("repool", "consumed"),
    }
    assert reasons["not_icp"].feedback_to_scoring
    assert reasons["not_icp"].lead_guarantee
    assert reasons["out_of_territory"].routing_defect
    assert reasons["other"].text_required
    assert reasons["other"].reviewed_weekly
    assert not reasons["accept_timeout"].chosen_by_rep


def test_outreach_and_nurture(agreement: Agreement) -> None:
    terms = agreement.routing
    assert [(step.business_day, step.channels) for step in terms.outreach] == [
        (1, ("email", "linkedin")),
        (2, ("call", "voicemail")),
        (3, ("email",)),
    ]
    silent = terms.unresponsive
    assert (silent.attempts, silent.channels, str(silent.after), silent.segment) == (3, 2, "10d", "2")
    segments = {segment.segment: segment for segment in terms.nurture.segments}
    mails = {name: (one.mails_a_month.at_least, one.mails_a_month.at_most) for name, one in segments.items()}
    assert mails == {"1": (2, 3), "2": (1, 2), "3": (1, 1), "long_term": (1, 1)}
    assert segments["2"].points_gained == 30
    assert terms.nurture.mails_a_month_at_most == 4
    silences = {name: (str(one.silence.after), one.silence.then) for name, one in segments.items() if one.silence}
    assert silences == {"1": ("90d", "long_term"), "2": ("6mo", "archived")}
    assert texts(terms.recycling.lost_deal_after, terms.recycling.lost_deal_at_latest) == ["6mo", "12mo"]
    assert terms.recycling.company_events == ("funding", "hiring", "new_leadership", "launch")


def test_promises(agreement: Agreement) -> None:
    terms = agreement.service_levels
    targets = {promise.name: str(promise.target or "by urgency") for promise in terms.promises}
    assert targets == {
        "routed": "4bh",
        "accepted": "1bd",
        "first_touch": "by urgency",
        "lead_touch": "by urgency",
        "three_attempts": "3bd",
        "status_updated": "1bd",
        "ae_touch": "1bd",
        "survey": "5bd",
    }
    assert terms.by_name["three_attempts"].attempts == 3
    assert terms.reminders_of(terms.by_name["accepted"]) == (
        Reminder(percent=50, to=("rep",), quiet=True),
        Reminder(percent=80, to=("rep",)),
        Reminder(percent=100, to=("rep", "manager")),
    )
    assert (terms.repool.percent, terms.repool.manager_decides_for) == (
        150,
        ("target_account", "referral", "expansion"),
    )


def test_commitments(agreement: Agreement) -> None:
    terms = agreement.service_levels.commitments
    quality = terms.quality
    assert terms.volume.per_month == 100
    assert (quality.target_percent, quality.review_below_percent, quality.review_after_months) == (25, 20, 2)
    assert (quality.leads_at_least, str(quality.mature_after)) == (30, "30d")
    assert (terms.completeness.target_percent, terms.completeness.score) == (90, 80)
    assert (terms.conversion.side, terms.conversion.target_percent) == ("sales", 25)
    assert str(terms.feedback.every) == "7d"


def test_goals(agreement: Agreement) -> None:
    terms = agreement.goals
    money = [one.amount for one in (terms.revenue.start, terms.revenue.target, terms.revenue.deal)]
    assert money == [300_000_000, 500_000_000, 2_500_000]
    assert list(terms.conversions.model_dump().values()) == [25, 40, 30]
    assert (terms.coverage.at_least, terms.coverage.at_most) == (3, 4)
    assert terms.weekly_pack.first_day == "mon"


def test_attribution(agreement: Agreement) -> None:
    terms = agreement.goals.attribution
    weights = {model.name: (model.weights, model.others) for model in terms.models if model.kind == "milestones"}
    assert weights == {
        "w_baton": ({"first_touch": 30, "mql": 30, "opportunity": 30, "closing": 10}, None),
        "w_standard": ({"first_touch": 30, "lead_created": 30, "opportunity": 30}, 10),
        "full_path": (dict.fromkeys(("first_touch", "lead_created", "opportunity", "closing"), 22.5), 10),
        "u_shaped": ({"first_touch": 40, "lead_created": 40}, 20),
        "first": ({"first_touch": 100}, None),
        "last": ({"last_touch": 100}, None),
    }
    assert str(terms.by_name["time_decay"].half_life) == "7d"
    assert terms.by_name["linear"].kind == "linear"
    assert str(terms.lookback) == "90d"


def test_notices(agreement: Agreement) -> None:
    assert agreement.notices.digest.more_than == 1
    assert agreement.notices.by_kind["assignment"].by == ("slack", "email", "webhook")
    assert not agreement.notices.by_kind["assignment"].waits
    assert agreement.notices.by_kind["reminder"].waits


def test_spans_are_read_and_written_alike() -> None:
    for text in ("60s", "5min", "24h", "30d", "6mo", "4bh", "1bd"):
        assert str(span(text)) == text
    assert [span(text).business for text in ("4bh", "1bd", "24h")] == [True, True, False]
    assert span("24h").seconds == span("1d").seconds == 86_400
