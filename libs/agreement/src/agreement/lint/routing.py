"""Checks of chapter `routing`: above all, that every lead gets somewhere."""

from typing import get_args

from agreement.chapters import Agreement
from agreement.lint.finding import Findings
from agreement.routing import Routing, Step, Urgency


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each name that leads nowhere, and each lead that nobody would get, in chapter `routing`."""
    _steps(agreement, findings)
    _sizes(agreement.routing, findings)
    _regions(agreement, findings)
    _pools(agreement, findings)
    _channels(agreement.routing, findings)
    _everybody_routed(agreement, findings)
    _reasons(agreement, findings)
    _nurture(agreement, findings)
    _people(agreement, findings)


def _steps(agreement: Agreement, findings: Findings) -> None:
    steps = agreement.routing.steps
    findings.repeated(((("routing", "steps", i, "step"), step.step) for i, step in enumerate(steps)), "step")
    findings.absent(("routing", "steps"), (step.step for step in steps), get_args(Step), "the steps")
    for index, step in enumerate(steps):
        if step.number != index:
            findings.add(
                ("routing", "steps", index, "number"), f"is {step.number}; steps count 0, 1, 2, …: {index} here"
            )
    present = [term.name for term in agreement.routing.urgency]
    findings.repeated(((("routing", "urgency", i, "name"), name) for i, name in enumerate(present)), "urgency")
    findings.absent(("routing", "urgency"), present, get_args(Urgency), "the urgencies")


def _sizes(terms: Routing, findings: Findings) -> None:
    at = ("routing", "sizes")
    findings.repeated((((*at, i, "name"), size.name) for i, size in enumerate(terms.sizes)), "size")
    ranges = [((*at, i, "employees"), size.employees) for i, size in enumerate(terms.sizes) if size.employees]
    findings.seamless(ranges, 1, "size")
    if len(terms.sizes) - len(ranges) != 1:
        findings.add(at, "needs exactly one size without employees: the one for unknown sizes", key=True)


def _regions(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.routing
    names = [region.name for region in terms.regions]
    findings.repeated(((("routing", "regions", i, "name"), name) for i, name in enumerate(names)), "region")
    for key in ("unknown_country", "fallback_region"):
        findings.unknown(("routing", key), getattr(terms, key), names, "region")
    countries = [
        (("routing", "regions", i, "countries", j), country)
        for i, region in enumerate(terms.regions)
        for j, country in enumerate(region.countries)
    ]
    findings.repeated(countries, "country")
    closed = {c for geo in agreement.definitions.geographies if geo.name == "not_served" for c in geo.countries}
    served = {region.name for region in terms.regions if region.served}
    for path, country in countries:
        if country in closed and terms.regions[int(path[2])].name in served:
            findings.add(
                path, f"{country} is not served (definitions.yaml, geographies); take it out of one of the two"
            )


def _channels(terms: Routing, findings: Findings) -> None:
    names = [one.channel for one in terms.channels]
    findings.repeated(((("routing", "channels", i, "channel"), name) for i, name in enumerate(names)), "channel")
    for index, size in enumerate(terms.sizes):
        for number, channel in enumerate(size.sequence):
            findings.unknown(("routing", "sizes", index, "sequence", number), channel, names, "channel")
    for index, step in enumerate(terms.outreach):
        for number, channel in enumerate(step.channels):
            findings.unknown(("routing", "outreach", index, "channels", number), channel, names, "channel")


def _pools(agreement: Agreement, findings: Findings) -> None:
    terms, pools = agreement.routing, agreement.teams.pool_by_id
    sizes, regions = [size.name for size in terms.sizes], [region.name for region in terms.regions]
    for index, rule in enumerate(terms.pools):
        at = ("routing", "pools", index)
        findings.unknown((*at, "size"), rule.size, sizes, "size")
        findings.unknown((*at, "region"), rule.region, regions, "region")
        findings.unknown((*at, "pool"), rule.pool, pools, "pool of teams.yaml")
        findings.unknown((*at, "hands_to"), rule.hands_to, pools, "pool of teams.yaml")
    pairs = ((("routing", "pools", i), f"{rule.size} in {rule.region}") for i, rule in enumerate(terms.pools))
    findings.repeated(pairs, "the pair")


def _everybody_routed(agreement: Agreement, findings: Findings) -> None:
    """Every size, region, band and state of the gate, walked through the steps; step `operations` must stay empty."""
    terms = agreement.routing
    pairs = {(rule.size, rule.region) for rule in terms.pools}
    steps = {step.step for step in terms.steps}
    for size in terms.sizes:
        for region in terms.regions:
            pooled = (size.name, region.name) in pairs or (size.name, terms.fallback_region) in pairs
            if region.served and not ("pool" in steps and pooled):
                message = f"leads of size {size.name} in {region.name} that pass the gate reach nobody; add a pool for"
                where = " or ".join(dict.fromkeys((region.name, terms.fallback_region)))
                findings.add(("routing", "pools"), f"{message} {size.name} in {where}", key=True)
    for band in agreement.definitions.bands:
        total = band.at_least if band.at_least is not None else (band.below or 0) - 1
        step = "nurture" if total >= terms.nurture.total_at_least else "long_term"
        if step not in steps:
            message = f"{band.name} leads below the gate end in the operations queue: step {step} is missing"
            findings.add(("routing", "steps"), message, key=True)


def _reasons(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.routing
    at = ("routing", "reject_reasons")
    present = [reason.reason for reason in terms.reject_reasons]
    findings.repeated((((*at, i, "reason"), name) for i, name in enumerate(present)), "reason")
    findings.absent(at, present, ("accept_timeout",), "the reason")
    for index, reason in enumerate(terms.reject_reasons):
        if reason.then is None:
            findings.add((*at, index), f"{reason.reason} has no consequence; add `then:` with what follows")
        if (reason.then == "nurture") != (reason.segment is not None):
            findings.add((*at, index), "`then: nurture` and `segment` belong together; give both or neither")


def _nurture(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.routing.nurture
    at = ("routing", "nurture", "segments")
    present = [segment.segment for segment in terms.segments]
    findings.repeated((((*at, i, "segment"), name) for i, name in enumerate(present)), "segment")
    if terms.total_at_least > agreement.definitions.mql_gate.total_at_least:
        message = "is above the MQL gate (definitions.yaml, mql_gate); it must be at most the gate's total"
        findings.add(("routing", "nurture", "total_at_least"), message)
    for index, segment in enumerate(terms.segments):
        if segment.mails_a_month.at_most > terms.mails_a_month_at_most:
            message = f"is more than mails_a_month_at_most ({terms.mails_a_month_at_most})"
            findings.add((*at, index, "mails_a_month", "at_most"), message)
        for name, value in (("points_gained", segment.points_gained), ("silence", segment.silence)):
            if (name in segment.leaves_when) != (value is not None):
                findings.add((*at, index), f"`{name}` must stand both in leaves_when and as a key, or in neither")


def _people(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.routing
    manager = terms.referral.partner_manager
    findings.unknown(
        ("routing", "referral", "partner_manager"), manager, agreement.teams.rep_by_id, "rep of teams.yaml"
    )
    for index, event in enumerate(terms.recycling.company_events):
        known = agreement.definitions.company_events
        findings.unknown(("routing", "recycling", "company_events", index), event, known, "company event")
