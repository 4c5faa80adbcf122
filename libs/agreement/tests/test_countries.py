"""Countries under all names that they have: in the lists, at home and in tables."""

import pytest

from agreement.readers.countries import NAMES, read_country
from testing import country_names


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[
            ("Russian Federation", "RU"),
            ("RUS", "RU"),
            ("Russian Fed.", "RU"),
            ("Fed. Rep. of Germany", "DE"),
            ("Iran, Islamic Republic of", "IR"),
            ("DEU", "DE"),
            ("deu", "DE"),
        ],
        *[("The Netherlands", "NL"), ("Korea, Republic of", "KR"), ("Republic of Korea", "KR"), ("PRK", "KP")],
        *[("Democratic People's Republic of Korea", "KP"), ("Korea (Democratic People's Republic of)", "KP")],
        *[("United States of America", "US"), ("u.s.a.", "US"), ("us", "US"), ("UK", "GB"), ("England", "GB")],
        *[("Deutschland", "DE"), ("Kanada", "CA"), ("T\u00fcrkiye", "TR"), ("TURKIYE", "TR"), ("Turkey", "TR")],
        *[("C\u00f4te d'Ivoire", "CI"), ("Viet Nam", "VN"), ("Czech Republic", "CZ"), ("Trinidad & Tobago", "TT")],
        *[("Danmark", "DK"), ("Sverige", "SE"), ("Norge", "NO"), ("Suomi", "FI"), ("Noruega", "NO"), ("FIN", "FI")],
        *[
            ("Syrian Arab Republic", "SY"),
            ("BLR", "BY"),
            ("republic of CUBA", "CU"),
            ("Islamic Republic of Iran", "IR"),
        ],
        *[("Philippines (the)", "PH"), ("Netherlands (Kingdom of the)", "NL"), ("Korea (the Republic of)", "KR")],
        *[("Korea (the Democratic People's Republic of)", "KP"), ("Netherlands, Kingdom of the", "NL")],
        *[("United States (US)", "US"), ("DE - Germany", "DE"), ("Republic of Korea (South Korea)", "KR")],
        *[("Georgia (US)", None), ("CA - California", None), ("Korea (North or South)", None)],
        *[("Россия", "RU"), ("Україна", "UA"), ("Polska", "PL"), ("Česko", "CZ"), ("日本", "JP"), ("中国", "CN")],
        *[("대한민국", "KR"), ("한국", "KR"), ("Ελλάδα", "GR"), ("مصر", "EG"), ("Србија", "RS"), ("Россия (RU)", "RU")],
        *[
            ("D.P.R. Korea", "KP"),
            ("D. P. R. Korea", "KP"),
            ("DPR of Korea", "KP"),
            ("Korea, Dem. People's Rep.", "KP"),
        ],
        *[("Rep. of Korea", "KR"), ("Korea, Rep.", "KR"), ("S. Korea", "KR"), ("N. Korea", "KP"), ("U. S. A.", "US")],
        *[("Congo, Dem. Rep.", "CD"), ("Dem. Rep. Congo", "CD"), ("Congo, Rep.", "CG"), ("D.R. Congo", "CD")],
        *[("Iran, Islamic Rep.", "IR"), ("Dominican Rep.", "DO"), ("Lao P.D.R.", "LA"), ("P.R. China", "CN")],
        *[("Rep.", None), ("Korea Rep North", None), ("Республика", None), ("Congo or Korea, Rep.", None)],
        *[
            ("Atlantis", None),
            ("Korea", None),
            ("EU", None),
            ("ZZ", None),
            ("", None),
            ("Hessen", None),
        ],
    ],
)
def test_countries_under_every_name_and_code(text: str, code: str | None) -> None:
    assert read_country(text) == code


def test_no_name_stands_for_two_countries() -> None:
    """But for a code, and what a language calls a country that English calls otherwise; both are written first."""
    codes_by_name: dict[str, set[str]] = {}
    for name, code in country_names.abbreviated():
        codes_by_name.setdefault(name, set()).add(code)
    assert {name: codes for name, codes in codes_by_name.items() if len(codes) > 1} == {}
    names = country_names.country_names()
    assert {name for name, codes in codes_by_name.items() if names[name] not in codes} == set()


def test_the_names_of_countries_are_those_of_the_lists() -> None:
    """Make them anew: python -m testing.country_names"""
    assert NAMES.read_text() == country_names.text()
