"""What a bad folder is told: file, line, column, path, what is wrong, what would be right."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from agreement import Agreement, AgreementError, Problem, load

Spoil = Callable[..., str]
Problems = Callable[[], list[str]]

MISTAKES = {
    "a misspelt key": (
        ("definitions.yaml", "  total_at_least: 60", "  total_at_leest: 60", "total_at_leest"),
        "mql_gate.total_at_leest: is no key of the agreement; did you mean 'total_at_least'?",
    ),
    "a key nobody knows": (
        ("goals.yaml", "  months: 12", "  months: 12\n  zebra: 1", "zebra"),
        "revenue.zebra: is no key of the agreement; known here: deal, months, start, target",
    ),
    "a text for a number": (
        ("service_levels.yaml", "per_month: 100", 'per_month: "100"', '"100"'),
        "commitments.volume.per_month: is '100'; must be a whole number, without quotes",
    ),
    "half a point": (
        ("scoring.yaml", "demo_request, points: 50", "demo_request, points: 50.5", "50.5"),
        "models[0].engagement.rules[0].points: is 50.5; must be a whole number",
    ),
    "no length of time": (
        ("routing.yaml", "same_company_within: 30d", "same_company_within: 30 days", "30 days"),
        "same_company_within: '30 days' is no length of time; write for example 60s, 5min, 24h, 30d, 6mo, 4bh or 1bd",
    ),
    "business time where the wall clock counts": (
        ("definitions.yaml", "engaged_within: 90d", "engaged_within: 90bd", "90bd"),
        "mql_gate.engaged_within: '90bd' must be a length of time by the wall clock, such as 60s, 5min, 24h or 30d",
    ),
    "no money": (
        ("goals.yaml", "deal: 25,000 USD", "deal: 25000", "25000"),
        "revenue.deal: 25000 is no amount of money; write for example 25,000 USD",
    ),
    "a kind nobody knows": (
        ("scoring.yaml", "{kind: blog_read, points", "{kind: blog_red, points", "blog_red"),
        "models[0].engagement.rules[8].kind: 'blog_red' is no kind of events.yaml; did you mean 'blog_read'?",
    ),
    "a zone nobody knows": (
        ("teams.yaml", "zone: Europe/Berlin", "zone: Europe/Brelin", "Europe/Brelin"),
        "teams[2].zone: 'Europe/Brelin' is no zone name; write for example Europe/Berlin",
    ),
    "a shift that ends before it starts": (
        ("teams.yaml", 'wed: ["09:00-18:00"]', 'wed: ["18:00-09:00"]', '"18:00'),
        "teams[0].shifts.wed[0]: '18:00-09:00' ends before it starts",
    ),
    "a day of the week nobody knows": (
        ("teams.yaml", '      wed: ["09', '      mittwoch: ["09', "mittwoch"),
        "teams[0].shifts.mittwoch: 'mittwoch' is not known; "
        "would be one of 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'",
    ),
    "one thing where a list belongs": (
        ("definitions.yaml", "intent: [high, medium]", "intent: high", "high"),
        "re_mql.intent: is 'high'; must be a list: one entry per line, each beginning with a dash",
    ),
    "a list where one thing belongs": (
        ("definitions.yaml", "historical_after: 24h", "historical_after: [24h]", "[24h]"),
        "historical_after: a list is no length of time; write for example 60s, 5min, 24h, 30d, 6mo, 4bh or 1bd",
    ),
    "a value left out": (
        ("definitions.yaml", "currency: USD", "currency: ~", "~"),
        'house.currency: is nothing; must be a text; put it in quotes: "..."',
    ),
    "a misspelt key in an entry of a list": (
        (
            "teams.yaml",
            "{id: litware, name: Litware Integrations, owner:",
            "{id: litware, name: Litware, onwer:",
            "onwer",
        ),
        "partners[1].onwer: is no key of the agreement; did you mean 'owner'?",
    ),
    "a misspelt key in a rule": (
        ("scoring.yaml", "{kind: blog_read, points: 5,", "{kind: blog_read, pionts: 5,", "pionts"),
        "models[0].engagement.rules[8].pionts: is no key of the agreement; did you mean 'points'?",
    ),
    "no time of day": (
        ("notices.yaml", 'start: "20:00"', 'start: "8 pm"', '"8 pm"'),
        "quiet_hours.start: '8 pm' is no time of day; write for example 09:00",
    ),
    "no shift": (
        ("teams.yaml", 'wed: ["09:00-18:00"]', 'wed: ["all day"]', '"all day"'),
        "teams[0].shifts.wed[0]: 'all day' is no shift; write for example 09:00-18:00",
    ),
    "a range backwards": (
        ("scoring.yaml", "{at_least: 51, at_most: 200}", "{at_least: 51, at_most: 20}", "{"),
        "models[0].fit.employees[2].employees: ends before it begins: at_most is smaller than at_least",
    ),
    "a name for a country": (
        ("definitions.yaml", "countries: [AU, NZ]", "countries: [Australia, NZ]", "Australia"),
        "geographies[2].countries[0]: is 'Australia'; must be a two-letter country code, such as US",
    ),
    "a key left out": (
        ("definitions.yaml", "mql_gate:\n  total_at_least: 60", "mql_gate:", "mql_gate:"),
        "mql_gate.total_at_least: is missing; add it here",
    ),
    "the same key twice": (
        ("definitions.yaml", "  cooldown: 30d", "  cooldown: 30d\n  cooldown: 20d", "cooldown: 20d"),
        "re_mql.cooldown: stands here a second time (first on line {before}); keep one of them",
    ),
    "a table inside the chapter": (
        ("teams.yaml", "\npartners:", "\naccounts: []\npartners:", "accounts"),
        "accounts: belongs in accounts.csv, not here",
    ),
    "a row of a table with a word for a number": (
        ("accounts.csv", "Initech,85,", "Initech,many,", "many"),
        "accounts[3].employees: is 'many'; must be a whole number, without quotes",
    ),
    "a row of a table with a kind nobody knows": (
        ("named_accounts.csv", "Fourth Coffee,target,", "Fourth Coffee,tarket,", "tarket"),
        "named_accounts[2].kind: 'tarket' is not known; did you mean 'target'?",
    ),
    "a row of a table with a cell too few": (
        ("named_accounts.csv", "fourthcoffee.example,Fourth Coffee,", "Fourth Coffee,", ""),
        "named_accounts[2]: has 3 cells; the heading names 4 columns",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place(name: str, spoil: Spoil, problems: Problems) -> None:
    edit, message = MISTAKES[name]
    place = spoil(*edit)
    found = problems()
    expected = f"{place}: {message.format(before=int(place.split(':')[1]) - 1)}"
    assert found == [expected]


def test_a_heading_that_names_other_columns_is_told_once(spoil: Spoil, problems: Problems) -> None:
    spoil("named_accounts.csv", "domain,company,kind,owner\n", "domain,company,kind,boss\n")
    assert problems() == [
        "named_accounts.csv:1:1: lacks the column owner; name it in the first line",
        "named_accounts.csv:1:21: 'boss' is no column of this table; there is: domain, company, kind, owner",
    ]


def test_tables_may_have_remarks_empty_lines_and_columns_in_any_order(folder: Path, agreement: Agreement) -> None:
    table = folder / "named_accounts.csv"
    lines = [",".join(reversed(line.split(","))) for line in table.read_text().splitlines()]
    table.write_text("# ours\n" + "\r\n\r\n".join(lines) + "\n,,,\n")
    assert load(folder).teams.named_accounts == agreement.teams.named_accounts


def test_a_table_that_is_empty_or_missing_is_told(folder: Path, problems: Problems) -> None:
    (folder / "accounts.csv").write_text("# nothing yet\n")
    (folder / "named_accounts.csv").unlink()
    assert problems() == [
        "accounts.csv:1:1: is empty; its first line must name the columns",
        "named_accounts.csv:1:1: is missing; every chapter has its file in the folder",
    ]


def test_a_file_that_cannot_be_read_is_told(folder: Path, problems: Problems) -> None:
    (folder / "goals.yaml").unlink()
    (folder / "goals.yaml").mkdir()
    assert problems() == ["goals.yaml:1:1: cannot be read: Is a directory"]


def test_an_anchor_inside_itself_is_told(spoil: Spoil, problems: Problems) -> None:
    place = spoil("definitions.yaml", "intent: [high, medium]", "intent: &x [high, *x]", "&x")
    assert f"{place}: re_mql.intent[1]: holds itself; an anchor cannot be used inside itself" in problems()


def test_a_day_that_does_not_exist_is_told(spoil: Spoil, problems: Problems) -> None:
    place = spoil("teams.yaml", "own_days: []", "own_days: [{day: 2026-02-30, name: x}]", "2026")
    assert problems() == [
        f"{place}: teams[0].holidays.own_days[0].day: is '2026-02-30'; must be a day such as 2026-12-24"
    ]


@pytest.mark.parametrize(
    ("text", "place", "wrong"),
    [
        ("revenue:\n  start: [1, 2\n  target: 3\n", "3:9", "expected ',' or ']', but got ':'"),
        ("revenue:\n\tstart: 1\n", "2:1", "found character '\\t' that cannot start any token"),
        ("revenue: *none\n", "1:10", "found undefined alias 'none'"),
        ('revenue: "\\q"\n', "1:12", "found unknown escape character 'q'"),
        ("revenue:\n  start: 1\x07\n", "2:11", "the character U+0007 cannot stand in a text"),
    ],
)
def test_a_file_that_is_no_yaml_is_told_where_it_breaks(
    folder: Path, problems: Problems, text: str, place: str, wrong: str
) -> None:
    (folder / "goals.yaml").write_text(text)
    (message,) = problems()
    assert message == f"goals.yaml:{place}: is no YAML: {wrong}; check indentation, quotes and colons here"


def test_a_file_that_is_a_list_or_empty_is_told(folder: Path, problems: Problems) -> None:
    (folder / "goals.yaml").write_text("# nothing\n")
    (folder / "events.yaml").write_text("- a\n")
    assert problems() == [
        "events.yaml:1:1: must hold keys and values; it is empty or a list",
        "goals.yaml:1:1: must hold keys and values; it is empty or a list",
    ]


def test_a_file_that_is_not_utf8_is_told(folder: Path, problems: Problems) -> None:
    (folder / "goals.yaml").write_bytes(b"revenue: \xff\n")
    assert problems() == ["goals.yaml:1:1: is not UTF-8 text; save it again as UTF-8"]


def test_missing_files_are_told_all_at_once(folder: Path, problems: Problems) -> None:
    for file in ("goals.yaml", "teams.yaml", "scoring.yaml"):
        (folder / file).unlink()
    assert problems() == [
        f"{file}:1:1: is missing; every chapter has its file in the folder"
        for file in ("goals.yaml", "scoring.yaml", "teams.yaml")
    ]


def test_a_folder_that_is_not_there_misses_every_chapter(tmp_path: Path) -> None:
    with pytest.raises(AgreementError) as caught:
        load(tmp_path / "nowhere")
    assert len(caught.value.problems) == 8


def test_all_problems_of_all_files_come_together(spoil: Spoil, folder: Path) -> None:
    spoil("goals.yaml", "months: 12", "months: twelve")
    spoil("scoring.yaml", "further_person: 5", "further_person: five")
    spoil("scoring.yaml", "lowest: -100", "lowest: low")
    with pytest.raises(AgreementError) as caught:
        load(folder)
    assert [problem.file for problem in caught.value.problems] == ["goals.yaml", "scoring.yaml", "scoring.yaml"]
    assert all(isinstance(problem, Problem) for problem in caught.value.problems)
    assert str(caught.value).count("\n") == 2


def test_words_that_other_yaml_readers_twist_stay_words(agreement: Agreement) -> None:
    emea = next(region for region in agreement.routing.regions if region.name == "emea")
    assert "NO" in emea.countries
    assert "null" in agreement.definitions.placeholders


def test_comments_layout_and_quotes_do_not_change_the_hash(spoil: Spoil, folder: Path, agreement: Agreement) -> None:
    spoil("goals.yaml", "months: 12", "months:    12     # a year")
    assert load(folder).hash == agreement.hash


def test_any_number_and_any_row_changes_the_hash(spoil: Spoil, folder: Path, agreement: Agreement) -> None:
    spoil("goals.yaml", "months: 12", "months: 13")
    other = load(folder).hash
    spoil("named_accounts.csv", "target,rep-hana", "target,rep-frank")
    assert len({agreement.hash, other, load(folder).hash}) == 3
    assert len(agreement.hash) == 64
    assert agreement.hash.startswith(agreement.version)


def variants(model: BaseModel, seen: set[tuple[type, str]], path: str = "") -> Iterator[tuple[str, BaseModel]]:
    """Each field of each kind of model once: its path, and the whole with another value there."""
    for name in type(model).model_fields:
        value, here = getattr(model, name), f"{path}.{name}".lstrip(".")
        inner = value[0] if isinstance(value, tuple) and value else value
        if isinstance(inner, BaseModel):
            for deeper, other in variants(inner, seen, here):
                yield deeper, with_field(model, name, (other, *value[1:]) if isinstance(value, tuple) else other)
        if (type(model), name) in seen:
            continue
        if isinstance(value, tuple):
            seen.add((type(model), name))
            yield here, with_field(model, name, value[:-1] if value else ("x",))
        elif isinstance(value, bool | int | float | str):
            seen.add((type(model), name))
            yield here, with_field(model, name, value + "x" if isinstance(value, str) else value + 1)


def with_field(model: BaseModel, name: str, value: object) -> BaseModel:
    fields = {one: getattr(model, one) for one in type(model).model_fields}
    return type(model).model_construct(**{**fields, name: value})


def test_each_field_of_each_chapter_is_in_the_hash(agreement: Agreement) -> None:
    unchanged, paths = list[str](), list[str]()
    with warnings.catch_warnings(action="ignore"):  # some of these values would not be valid
        for path, other in variants(agreement, set()):
            assert isinstance(other, Agreement)
            paths.append(path)
            if other.hash == agreement.hash:
                unchanged.append(path)
    assert {path.split(".")[0] for path in paths} == set(Agreement.model_fields)
    assert not unchanged


def test_a_copy_forgets_what_was_worked_out_of_the_values_of_before(agreement: Agreement) -> None:
    """Hash, look-ups by id and calendars are kept where they were worked out; a copy has other values."""
    teams, before = agreement.teams, (agreement.hash, agreement.calendars, agreement.teams.pool_by_id)
    fewer = agreement.model_copy(update={"teams": teams.model_copy(update={"pools": teams.pools[:1]})})
    assert list(fewer.teams.pool_by_id) == [teams.pools[0].id]
    assert fewer.hash != before[0]
    assert fewer.calendars is not before[1]
    assert (agreement.hash, agreement.calendars, teams.pool_by_id) == before
