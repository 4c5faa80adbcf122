"""Tables of pages: those with many columns tell each cell its column, and lose nothing of what they say."""

import re
from html import escape, unescape

from hypothesis import given
from hypothesis import strategies as st

from reporting.pages.folded_tables import SMALL, fold_tables

words = st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="–↑↓"), min_size=1, max_size=12)


def table(headings: list[str], rows: list[list[str]], attributes: str = "") -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in headings)
    body = "".join("<tr>" + "".join(f'<td class="num">{escape(one)}</td>' for one in row) + "</tr>" for row in rows)
    return f"<p>before</p><table{attributes}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>after</p>"


@given(st.data(), st.integers(SMALL + 1, 9), st.integers(0, 4))
def test_each_cell_but_the_first_is_told_its_column(data: st.DataObject, columns: int, rows: int) -> None:
    headings = data.draw(st.lists(words, min_size=columns, max_size=columns))
    cells = data.draw(st.lists(st.lists(words, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    folded = fold_tables(table(headings, cells))
    labels = [unescape(one) for one in re.findall(r'data-label="([^"]*)"', folded)]
    assert labels == headings[1:] * rows
    assert re.sub(r' data-(?:fold|label="[^"]*")', "", folded) == table(headings, cells)


@given(st.lists(words, min_size=1, max_size=9))
def test_what_is_folded_stays_as_it_is(headings: list[str]) -> None:
    once = fold_tables(table(headings, [headings]))
    assert fold_tables(once) == once
    assert ("data-fold" in once) == (len(headings) > SMALL)


def test_a_table_that_folds_itself_and_one_without_headings_stay_as_they_are() -> None:
    own = table(["a", "b", "c", "d"], [], " data-own-fold")
    bare = "<table><tbody><tr><td>1</td><td>2</td><td>3</td><td>4</td></tr></tbody></table>"
    assert fold_tables(own + bare) == own + bare


def test_a_cell_over_several_columns_moves_those_behind_it_on() -> None:
    head = "<thead><tr><th>a</th><th>b</th><th>c</th><th>d</th></tr></thead>"
    folded = fold_tables(f'<table>{head}<tr><td>1</td><td colspan="2">2</td><td>3</td></tr></table>')
    assert '<td colspan="2">2</td><td data-label="d">3</td>' in folded


def test_what_has_no_heading_has_no_label_and_what_heads_its_row_is_not_left_out() -> None:
    head = "<thead><tr><th>a</th><th></th><th>c</th><th>d</th></tr></thead>"
    row = '<tr><td>–</td><td>2</td><td>3</td><td>4</td><td>5</td><td>6</td></tr><tr><td colspan="4">–</td></tr>'
    wanted = '<tr><td>–</td><td>2</td><td data-label="c">3</td><td data-label="d">4</td><td>5</td><td>6</td></tr>'
    folded = fold_tables(f"<table>{head}{row}</table>")
    assert folded == f'<table data-fold>{head}{wanted}<tr><td colspan="4">–</td></tr></table>'


def test_a_cell_with_nothing_to_say_is_marked_and_a_heading_is_read_as_on_a_desk() -> None:
    head = (
        '<thead><tr><th>a</th><th><a href="/x">Score ↓</a></th><th><span class="wide">From previous</span>'
        '<span class="narrow">Rate</span></th><th>d</th></tr></thead>'
    )
    folded = fold_tables(
        f'<table>{head}<tr><td>1</td><td><span class="soft">–</span></td><td>2 – 3</td><td>–</td></tr>'
    )
    assert folded.startswith("<table>"), "it has no end"
    folded = fold_tables(
        f'<table>{head}<tr><td>1</td><td><span class="soft">–</span></td><td>2 – 3</td><td>–</td></tr></table>'
    )
    assert '<td data-label="Score" data-none><span class="soft">–</span></td>' in folded
    assert '<td data-label="From previous">2 – 3</td><td data-label="d" data-none>–</td>' in folded
