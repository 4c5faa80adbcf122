"""Makes `country_names.json`, which the agreement's reader of countries holds: `python -m testing.country_names`.

Made beforehand, because babel's tables cost a process a tenth of a second and ten megabytes. A test fails when the file
is not what this makes.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

import pycountry
from babel import Locale, localedata
from babel.languages import get_official_languages

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
    "bosnia": "BA",
    "dr congo": "CD",
    "drc": "CD",
    "dem rep congo": "CD",
    "congo dem rep": "CD",
    "congo rep": "CG",
    "dpr korea": "KP",
    "dpr of korea": "KP",
    "korea dpr": "KP",
    "rok": "KR",
    "lao pdr": "LA",
    "prc": "CN",
    "pr china": "CN",
    "china pr": "CN",
    "ksa": "SA",
    "中國": "CN",
    "臺灣": "TW",
    "한국": "KR",
}
"""Names in daily use that neither list has."""
_SHORT: Final = {"republic": "rep", "democratic": "dem", "islands": "is", "north": "n", "south": "s"}
_SHORTER: Final = {**_SHORT, **dict.fromkeys(("federation", "federal", "federated", "federative"), "fed")}
"""Words of English names that people shorten, without and with those that only some do."""
_OPEN_END: Final = re.compile(r"( of| the)+$")
"""What is left at the end of `Korea, Republic of` where people write `Korea, Rep.`."""


def country_names() -> dict[str, str]:
    """Every name and code of a country, as `plain` writes it, to its ISO 3166 alpha-2."""
    names: dict[str, str] = {}
    for language in reversed(_LANGUAGES):
        for code, name in Locale(language).territories.items():
            if _is_country(code):
                names[plain(name)] = code
    names |= dict(_english())
    for name, code in (*_at_home(), *abbreviated()):
        names.setdefault(name, code)
    return names | {plain(name): code for name, code in _ALIASES.items()} | _codes()


def abbreviated() -> Iterator[tuple[str, str]]:
    """English names as they stand in tables: `Korea, Rep.`, `Congo, Dem. Rep.`, `S. Africa`, `Russian Fed.`."""
    spoken = ((plain(name), code) for code, name in Locale("en").territories.items() if _is_country(code))
    for name, code in {*_english(), *spoken}:
        for words in (_SHORT, _SHORTER):
            short = " ".join(words.get(word, word) for word in _OPEN_END.sub("", name).split())
            if short != name:
                yield short, code


def _english() -> Iterator[tuple[str, str]]:
    for country in pycountry.countries:
        given = (country.name, getattr(country, "common_name", None), getattr(country, "official_name", None))
        for name in filter(None, given):
            yield plain(name), country.alpha_2
            yield plain(_turned(name)), country.alpha_2


def _at_home() -> Iterator[tuple[str, str]]:
    """What people call their own country, in each official language of it: `Россия`."""
    for country in pycountry.countries:
        for language in filter(localedata.exists, get_official_languages(country.alpha_2, de_facto=True)):
            if name := Locale.parse(language).territories.get(country.alpha_2):
                yield plain(name), country.alpha_2


def _is_country(code: str) -> bool:
    return code in _ELSEWHERE or pycountry.countries.get(alpha_2=code) is not None


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
