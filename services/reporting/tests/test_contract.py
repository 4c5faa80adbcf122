"""The agreement as a contract: its sentences, the line behind each figure, and what was kept beside."""

from pathlib import Path

import pytest
from httpx import AsyncClient

from agreement import Agreement
from agreement.loader import read, shipped
from agreement.people import People
from agreement.problems import Positions
from reporting.pages.agreement_tables import CHAPTERS
from reporting.pages.contract import Article, Figure, and_list
from reporting.pages.contract_chapters import contract


@pytest.fixture(scope="module")
def articles() -> dict[str, list[Article]]:
    agreement, problems, positions = read(shipped())
    assert agreement is not None, problems
    return contract(agreement, positions, People(agreement.teams).name)


@pytest.mark.parametrize(("chapter", "sentence"), [
    ("definitions", "A lead becomes an MQL with 60 points or more, a human engagement within 90 days, and no "
     "disqualifier. A raised hand passes whatever the total, unless a hard disqualifier holds."),
    ("definitions", "Bands: cold below 40, cool from 40, warm from 60, hot from 80."),
    ("scoring", "Demo request: +50, once in 30 days."),
    ("scoring", "Product page: +10, each time, at most 20 in 90 days."),
    ("scoring", "After 60 days of silence 50 % of the points for engagement stay."),
    ("routing", "Hot: first touch within 4 business hours, flagged hot."),
    ("routing", "“Bad data”: a steward puts its data right, the rep has the turn back."),
    ("service_levels", "“Every MQL is with a rep” (marketing): within 4 business hours, when the lead becomes an MQL; "
     "kept as soon as the lead is assigned. Its clock never resets. Of its time: at 50 % operations; at 80 % "
     "operations; at 100 % operations and marketing."),
    ("teams", "Berlin (sales): Mon to Fri 09:00 to 18:00, Europe/Berlin, holidays of DE-BE; Owen Hughes manages it."),
    ("events", "A hand is raised by demo request, contact request, free trial, meeting booked or e-mail reply."),
    ("notices", "Assignment: rep, by slack, email and webhook, at once."),
    ("service_levels", "“At least three attempts” (sales): within 3 business days, when the lead is assigned; kept "
     "as soon as the rep has tried 3 times to reach the person, or the rep reaches the person, or the lead is "
     "qualified, or a deal is opened. Of its time: at 50 % rep, by the card alone; at 80 % rep, by the card alone; "
     "at 100 % manager."),
    ("service_levels", "When so much of the time is gone, these hear of it: at 50 % rep, by the card alone; "
     "at 80 % rep; at 100 % rep and manager."),
    ("notices", "Reminder: rep and manager, by slack and email by the card alone, drawn anew, in working hours, "
     "gathered when many come; manager in the digest, of a hot lead manager at once."),
    ("notices", "Breach: rep and manager, by slack and email under the lead’s card, in working hours, gathered when "
     "many come; rep and manager in the digest, of a hot lead rep at once."),
    ("notices", "Reassigned: previous rep, by slack and email by the card alone, drawn anew, in working hours, "
     "gathered when many come."),
    ("notices", "Whoever has the lead hears of a raised hand, and of a return after 14 days; what follows the card "
     "within 30 minutes stands on the card alone."),
    ("teams", "By slack; what can wait comes together, at 09:00 and 14:00."),
    ("teams", "Marketing: at 09:00."),
    ("goals", "The open pipeline is 3 to 4 times the rest of the target."),
    ("goals", "From 3,000,000 USD to 5,000,000 USD in 12 months, a deal being 25,000 USD."),
])  # fmt: skip
def test_a_chapter_reads_as_sentences(articles: dict[str, list[Article]], chapter: str, sentence: str) -> None:
    assert sentence in [clause.text for article in articles[chapter] for clause in article.clauses]


def test_every_figure_stands_on_the_line_that_it_names(articles: dict[str, list[Article]]) -> None:
    figures = [
        part
        for some in articles.values()
        for article in some
        for clause in article.clauses
        for part in clause.parts
        if isinstance(part, Figure)
    ]
    assert len(figures) > 200
    assert all(figure.place is not None for figure in figures)
    gate = next(part for part in articles["definitions"][2].clauses[0].parts if isinstance(part, Figure))
    assert gate.place is not None
    assert (gate.text, gate.place.file) == ("60", "definitions.yaml")
    lines = (shipped() / gate.place.file).read_text().splitlines()
    assert "total_at_least: 60" in lines[gate.place.line - 1]


def test_every_chapter_has_its_articles_without_any_positions_too(agreement: Agreement) -> None:
    articles = contract(agreement, Positions(), str)
    assert set(articles) == set(CHAPTERS)
    assert all(article.clauses or article.title == "Other currencies" for some in articles.values() for article in some)


def test_a_list_within_a_sentence() -> None:
    assert [and_list(some) for some in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]


async def test_promised_and_kept_stand_side_by_side(web: AsyncClient) -> None:
    page = (await web.get("/agreement")).text
    promise = page.split("Accept or reject</", 1)[1].split("</li>", 1)[0]
    assert "of 95 %" in promise
    assert "not kept" in promise
    assert 'href="/leads?' in promise


async def test_the_agreement_is_searched_without_a_script(web: AsyncClient) -> None:
    page = (await web.get("/agreement", params={"q": "raised hand"})).text
    assert "A raised hand passes" in page
    assert "Demo request:" not in page


async def test_a_figure_leads_to_its_file_and_line(web: AsyncClient) -> None:
    page = (await web.get("/agreement")).text
    address = page.split('class="figure" href="', 1)[1].split('"', 1)[0]
    path, _, line = address.partition("#")
    file = await web.get(path)
    assert file.status_code == 200
    assert f'id="{line}"' in file.text
    for other in ("/agreement/keys.json", "/agreement/..%2Fpyproject.toml", "/agreement/accounts.csv"):
        assert (await web.get(other)).status_code == 404


def test_the_folder_that_ships_is_read_with_its_places(tmp_path: Path) -> None:
    agreement, problems, places = read(tmp_path)
    assert agreement is None
    assert len(problems) == 8
    assert places == Positions()
