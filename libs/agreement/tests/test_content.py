"""Which content is recommended, by examples."""

from datetime import UTC, date, datetime

import pytest

from agreement.content import LibraryAsset, is_for, page_address, persona_of, recommended

TODAY = date(2026, 8, 3)


def asset(
    name: str, day: int = 1, *, persona: str | None = None, stage: str | None = None, until: date | None = None
) -> LibraryAsset:
    published = datetime(2026, 7, day, tzinfo=UTC)
    return LibraryAsset(name, "guide", name.title(), published, persona=persona, stage=stage, until=until)


LIBRARY = (
    asset("overview", 1),
    asset("newest overview", 9),
    asset("for mqls", 2, stage="mql"),
    asset("for sales", 3, persona="sales"),
    asset("for sales vps at mql", 1, persona="sales vp", stage="mql"),
    asset("for finance", 4, persona="finance", stage="mql"),
    asset("for customers", 5, stage="won"),
    asset("last year's", 6, persona="sales", stage="mql", until=date(2026, 8, 2)),
    asset("of today", 6, persona="vp", until=TODAY),
)


def names(*, persona: str | None = "sales vp", stage: str = "mql", consumed: tuple[str, ...] = ()) -> list[str]:
    found = recommended(LIBRARY, persona=persona, stage=stage, consumed=consumed, today=TODAY, most=9)
    return [one.asset for one in found]


def test_persona_comes_before_stage_and_stage_before_what_is_for_all() -> None:
    assert names() == [
        "for sales vps at mql", "of today", "for sales", "for mqls", "newest overview", "overview",
    ]  # fmt: skip


def test_what_was_consumed_is_not_recommended_again_by_whatever_name() -> None:
    assert names(consumed=("FOR SALES VPS AT MQL", "for sales", "Of Today")) == [
        "for mqls",
        "newest overview",
        "overview",
    ]


def test_of_an_unknown_persona_only_what_is_for_everybody() -> None:
    assert names(persona=None, stage="won") == ["for customers", "newest overview", "overview"]


def test_no_more_than_was_agreed() -> None:
    found = recommended(LIBRARY, persona="sales", stage="mql", consumed=(), today=TODAY, most=1)
    assert [one.asset for one in found] == ["for sales"]


@pytest.mark.parametrize(
    ("made_for", "persona", "suits"),
    [
        ("sales", "sales vp", True), ("vp", "sales vp", True), ("Sales VP", "sales vp", True), (None, None, True),
        ("sales vp", "sales", False), ("finance", "sales vp", False), ("sales", None, False), ("", "sales", True),
    ],
)  # fmt: skip
def test_whom_an_asset_suits(made_for: str | None, persona: str | None, suits: bool) -> None:
    assert is_for(made_for, persona) is suits


@pytest.mark.parametrize(
    ("function", "seniority", "persona"),
    [
        ("sales", "vp", "sales vp"),
        ("other", "vp", "vp"),
        ("sales", None, "sales"),
        ("other", None, None),
        (None, None, None),
    ],
)
def test_a_persona_is_function_and_seniority(function: str | None, seniority: str | None, persona: str | None) -> None:
    assert persona_of(function, seniority) == persona


def test_what_was_consumed_is_known_by_id_and_by_title_with_blanks_around_it() -> None:
    guide = asset("g-1")._replace(title="The sales guide")
    for consumed in ("G-1", " the sales guide ", "\tg-1\n"):
        assert recommended([guide], persona=None, stage="mql", consumed=(consumed,), today=TODAY, most=9) == ()


def test_of_equals_the_order_is_that_of_their_ids() -> None:
    some = [asset(name)._replace(title=title) for name, title in (("b", "Alpha"), ("a", "Beta"), ("c", "Gamma"))]
    found = recommended(some, persona=None, stage="mql", consumed=(), today=TODAY, most=9)
    assert [one.asset for one in found] == ["a", "b", "c"]


def test_an_address_that_leads_to_no_page_is_none() -> None:
    for url in ("javascript:alert(1)", " https://x.example", "data:text/html,x", "//x.example", ""):
        assert page_address(url) is None, url
    for page in ("https://x.example", "HTTP://x.example", None):
        assert page_address(page) == page
