"""Makes `country_names.json`, which the agreement's reader of countries holds: `python -m testing.country_names`.

Made beforehand, because babel's tables cost a process a tenth of a second and ten megabytes. A test fails when the file
is not what this makes.
"""

import json
from typing import Final

import pycountry
from babel import Locale

from agreement.readers.countries import NAMES
from agreement.readers.words import plain

_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "fi")
_ELSEWHERE: Final = {"XK"}
"""Codes in use that ISO 3166 leaves to its users: Kosovo."""
_ALIASES: Final = {
    "america": "US",
    "uk": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
    "kingdom of netherlands": "NL",
    "netherlands kingdom of": "NL",
    "democratic republic of congo": "CD",
    "republic of ireland": "IE",
    "turkey": "TR",
    "republic of turkey": "TR",
    "uae": "AE",
    "emirates": "AE",
    "burma": "MM",
    "macedonia": "MK",
    "swaziland": "SZ",
    "ivory coast": "CI",
    "east timor": "TL",
    "russia": "RU",
    "syria": "SY",
    "dprk": "KP",
    "kosovo": "XK",
    "hong kong": "HK",
    "hong kong sar": "HK",
    "macau": "MO",
    "palestine": "PS",
    "vatican": "VA",
}
"""Names in daily use that neither list has."""


def country_names() -> dict[str, str]:
    """Every name and code of a country, as `plain` writes it, to its ISO 3166 alpha-2."""
    names: dict[str, str] = {}
    for language in reversed(_LANGUAGES):
        for code, name in Locale(language).territories.items():
            if code in _ELSEWHERE or pycountry.countries.get(alpha_2=code):
                names[plain(name)] = code
    for country in pycountry.countries:
        given = (country.name, getattr(country, "common_name", None), getattr(country, "official_name", None))
        for name in filter(None, given):
            names[plain(name)] = names[plain(_turned(name))] = country.alpha_2
    return names | _ALIASES | _codes()


def _codes() -> dict[str, str]:
    """Codes come last: no name of another country hides them."""
    codes = {code.casefold(): code for code in _ELSEWHERE}
    for country in pycountry.countries:
        codes[country.alpha_2.casefold()] = codes[country.alpha_3.casefold()] = country.alpha_2
    return codes


def _turned(name: str) -> str:
    """`Korea, Republic of` as people say it: `Republic of Korea`."""
    before, _, after = name.partition(", ")
    return f"{after} {before}" if after else name


def text() -> str:
    """What the file holds: one name a line, in order."""
    return json.dumps(country_names(), ensure_ascii=False, indent=0, sort_keys=True) + "\n"


if __name__ == "__main__":
    NAMES.write_text(text())
