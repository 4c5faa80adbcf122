"""A number, a rule, a rep, a pool, a promise: what people add in YAML alone is sound, and a misspelt name is found."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

Spoil = Callable[..., str]
Problems = Callable[[], list[str]]


@dataclass(frozen=True)
class Edit:
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Addition:
    edits: tuple[Edit, ...]
    misspelt: tuple[Edit, str]
    """One of the new texts with a name misspelt, and the text that begins where the problem is."""
    message: str


def below(file: str, line: str, *new: str) -> Edit:
    """New lines below a line that stands once in the file."""
    return Edit(file, f"{line}\n", "".join(f"{one}\n" for one in (line, *new)))


REASON = below(
    "routing.yaml",
    "  - {reason: bad_data, title: Bad data, then: steward, turn: credited, tells: [stewards, marketing]}",
    '  - {reason: wrong_language, title: Not my language, then: nurture, segment: "3", turn: credited}',
)
KIND = (
    below(
        "events.yaml",
        "  - {kind: whitepaper, title: whitepaper, intent: low, side: marketing}",
        "  - {kind: roi_calculator, title: ROI calculator, intent: medium, side: marketing}",
    ),
    below("events.yaml", "  Blog Read: blog_read", "  ROI Calculated: roi_calculator"),
    below(
        "scoring.yaml",
        "        - {kind: case_study, points: 15, once_per: asset}",
        "        - {kind: roi_calculator, points: 15, once_per: period, period: 30d}",
    ),
)
REGION = (
    Edit("routing.yaml", "unknown_country: na ", "  - name: latam\n    countries: [BR, MX]\nunknown_country: na "),
    below(
        "routing.yaml",
        "  - {size: mid, region: na, pool: mid-na}",
        "  - {size: mid, region: latam, pool: mid-na}",
    ),
)
POOL = (
    Edit(
        "teams.yaml",
        "  - {id: mid-na, ",
        "  - {id: mid-canada, title: Mid-market in Canada, members: [rep-dan], manager: rep-grace}\n  - {id: mid-na, ",
    ),
    below(
        "routing.yaml",
        "  - {size: mid, region: na, pool: mid-na}",
        "  - {size: mid, region: canada, pool: mid-canada}",
    ),
    Edit(
        "routing.yaml",
        "  - name: na\n    countries: [US, CA]\n",
        "  - name: na\n    countries: [US]\n  - name: canada\n    countries: [CA]\n",
    ),
)
PROMISE = Edit(
    "service_levels.yaml",
    "  - name: survey\n",
    "  - name: second_attempt\n    title: A second attempt\n    side: sales\n    target: 2bd\n    attempts: 2\n"
    "    level: owner\n    starts: [accepted]\n    stops: [attempted, connected]\n  - name: survey\n",
)
REP = (
    Edit(
        "teams.yaml",
        "  - {id: rep-ben, ",
        "  - {id: rep-zoe, name: Zoe Park, email: zoe.park@northwind.example, team: new-york, role: sdr, weight: 1}\n"
        "  - {id: rep-ben, ",
    ),
    Edit("teams.yaml", "members: [rep-ana, rep-ben, rep-chloe]", "members: [rep-ana, rep-ben, rep-chloe, rep-zoe]"),
)
FIT_RULE = Edit(
    "scoring.yaml",
    "      further: []",
    "      further:\n        - name: our best industry\n          points: 5\n          when:\n"
    "            - {fact: industry, one_of: [b2b saas]}\n            - {fact: seniority, none_of: [individual]}",
)
TERRITORY = Edit("routing.yaml", "after: [out_of_territory]", "after: [out_of_territory, no_budget]")

ADDITIONS = {
    "a reason": Addition(
        (REASON,),
        (Edit("routing.yaml", 'segment: "3", turn', 'segment: "33", turn'), '"33"'),
        "'33' is no segment of nurture; did you mean '3'?",
    ),
    "a kind": Addition(
        KIND,
        (Edit("scoring.yaml", "kind: roi_calculator", "kind: roi_calculater"), "roi_calculater"),
        "'roi_calculater' is no kind of events.yaml; did you mean 'roi_calculator'?",
    ),
    "a region": Addition(
        REGION,
        (Edit("routing.yaml", "region: latam", "region: lattam"), "lattam"),
        "'lattam' is no region; did you mean 'latam'?",
    ),
    "a pool": Addition(
        POOL,
        (Edit("routing.yaml", "pool: mid-canada", "pool: mid-kanada"), "mid-kanada"),
        "'mid-kanada' is no pool of teams.yaml; did you mean 'mid-canada'?",
    ),
    "a promise": Addition(
        (PROMISE,),
        (Edit("service_levels.yaml", "starts: [accepted]", "starts: [acepted]"), "acepted"),
        "'acepted' is not known; did you mean 'accepted'?",
    ),
    "a rep": Addition(
        REP,
        (Edit("teams.yaml", "rep-chloe, rep-zoe]", "rep-chloe, rep-zoey]"), "rep-zoey"),
        "'rep-zoey' is no rep; did you mean 'rep-zoe'?",
    ),
    "a fit rule": Addition(
        (FIT_RULE,),
        (Edit("scoring.yaml", "[b2b saas]", "[b2b sass]"), "b2b sass"),
        "'b2b sass' is no industry",
    ),
    "a reason not to ask the previous owner": Addition(
        (TERRITORY,),
        (Edit("routing.yaml", "_territory, no_budget", "_territory, no_bugdet"), "no_bugdet"),
        "'no_bugdet' is no reason of routing.yaml or definitions.yaml; did you mean 'no_budget'?",
    ),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_is_added_in_yaml_alone_is_sound(name: str, spoil: Spoil, problems: Problems) -> None:
    for edit in ADDITIONS[name].edits:
        spoil(edit.file, edit.old, edit.new)
    assert problems() == []


@pytest.mark.parametrize("name", ADDITIONS)
def test_a_misspelt_name_in_it_is_found_at_its_place(name: str, spoil: Spoil, problems: Problems) -> None:
    addition = ADDITIONS[name]
    for edit in addition.edits:
        spoil(edit.file, edit.old, edit.new)
    edit, at = addition.misspelt
    place = spoil(edit.file, edit.old, edit.new, at)
    found = problems()
    assert len(found) == 1
    assert found[0].startswith(f"{place}: ")
    assert addition.message in found[0]
