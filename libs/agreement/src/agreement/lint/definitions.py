"""Checks of chapter `definitions`."""

from typing import get_args

from agreement.chapters import Agreement
from agreement.definitions import DisqualifierName
from agreement.figures import FigureName
from agreement.lint.finding import Findings
from agreement.people import SIGNERS, People
from agreement.readers.industries import industry_key
from agreement.readers.words import is_part, plain
from agreement.types import Band, Range
from events.vocabulary import STAGES, STATUSES

COMPLETE = 100
RATINGS = range(1, 11)
"""Those that the fact `feedback` can carry."""


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each gap, overlap, repetition and unknown name in chapter `definitions`."""
    _bands(agreement, findings)
    _vocabulary(agreement, findings)
    _lists(agreement, findings)
    _weights(agreement, findings)
    _stewards(agreement, findings)
    _signers(agreement, findings)


def _bands(agreement: Agreement, findings: Findings) -> None:
    bands = agreement.definitions.bands
    at = ("definitions", "bands")
    findings.repeated((((*at, i, "name"), band.name) for i, band in enumerate(bands)), "band")
    findings.absent(at, (band.name for band in bands), get_args(Band), "the bands")
    first = min((model.fit.lowest + model.engagement.lowest for model in agreement.scoring.models), default=0)
    ranges = []
    for index, band in enumerate(bands):
        if band.below is not None and band.at_least is not None and band.below <= band.at_least:
            findings.add((*at, index, "below"), "must be more than at_least; a band without numbers holds nobody")
            return
        most = None if band.below is None else band.below - 1
        ranges.append(((*at, index), Range(at_least=band.at_least, at_most=most)))
    findings.seamless(ranges, first, "band")


def _vocabulary(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.definitions
    for name, field, present, required in (
        ("stages", "name", [stage.name for stage in terms.stages], STAGES),
        ("statuses", "name", [status.name for status in terms.statuses], STATUSES),
        ("disqualifiers", "name", [one.name for one in terms.disqualifiers], get_args(DisqualifierName)),
        ("figures", "figure", [one.figure for one in terms.figures], get_args(FigureName)),
    ):
        at = ("definitions", name)
        findings.repeated((((*at, i, field), value) for i, value in enumerate(present)), field)
        findings.absent(at, present, required, f"the {name}")
    if tuple(stage.name for stage in terms.stages) != STAGES and len(terms.stages) == len(STAGES):
        findings.add(("definitions", "stages"), f"must stand in funnel order: {', '.join(STAGES)}", key=True)


def _lists(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.definitions
    words = [
        (("definitions", "industries", i, "synonyms", j), industry_key(synonym))
        for i, industry in enumerate(terms.industries)
        for j, synonym in enumerate(industry.synonyms)
    ]
    names = [
        (("definitions", "industries", i, "name"), industry_key(term.name)) for i, term in enumerate(terms.industries)
    ]
    findings.repeated([*names, *words], "industry")
    findings.repeated(
        (
            (("definitions", "geographies", i, "countries", j), country)
            for i, geography in enumerate(terms.geographies)
            for j, country in enumerate(geography.countries)
        ),
        "country",
    )
    for name in ("words", "last_words"):
        findings.repeated(
            (
                (("definitions", "seniority", i, name, j), f"{'*' if is_part(word) else ''}{plain(word)}")
                for i, level in enumerate(terms.seniority)
                for j, word in enumerate(getattr(level, name))
            ),
            "word",
        )
    for index, domain in enumerate(terms.disqualifying.competitor_domains):
        if domain in terms.house.own_domains:
            findings.add(("definitions", "disqualifying", "competitor_domains", index), f"{domain!r} is our own domain")


def _weights(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.definitions
    total = sum(terms.completeness.model_dump().values())
    if total != COMPLETE:
        findings.add(("definitions", "completeness"), f"the weights sum to {total}; they must sum to {COMPLETE}")
    if terms.enrichment.hand_raise_limit.seconds > terms.enrichment.limit.seconds:
        findings.add(("definitions", "enrichment", "hand_raise_limit"), "must not be longer than limit")
    if terms.lead_quality.best <= terms.lead_quality.worst:
        findings.add(("definitions", "lead_quality", "best"), "must be more than worst")
    for end, rating in terms.lead_quality.model_dump().items():
        if not RATINGS[0] <= rating <= RATINGS[-1]:
            findings.add(("definitions", "lead_quality", end), f"must be {RATINGS[0]} to {RATINGS[-1]}")


def _stewards(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.definitions
    known = {source for sources in terms.survivorship.values() for source in sources}
    for index, source in enumerate(terms.stewards.trusted):
        if source not in known:
            text = f"{source!r} is no source of survivorship; nobody ranks it"
            findings.add(("definitions", "stewards", "trusted", index), text)


def _signers(agreement: Agreement, findings: Findings) -> None:
    """An edit that nobody may sign would wait for ever; each side is signed for by somebody else."""
    at = ("definitions", "house", "signed_by")
    sides = agreement.signed_by
    findings.repeated((((*at, i), side) for i, side in enumerate(sides)), "side")
    users = People(agreement.teams).users()
    signers = {side: {user.id for user in users if user.signs_for(side)} for side in sides}
    if all(signers.values()) and len(set().union(*signers.values())) < len(signers):
        findings.add(at, "nobody signs for two sides: it takes two people who may")
    for index, side in enumerate(sides):
        if not signers[side]:
            findings.add((*at, index), f"nobody may sign for {side}: it takes {', '.join(sorted(SIGNERS[side]))}")
