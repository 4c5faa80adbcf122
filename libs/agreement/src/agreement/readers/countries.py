"""Countries: any ISO 3166 name, official name or code, in any case, and the names of eleven languages and its own."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from agreement.readers.words import plain

NAMES: Final = Path(__file__).with_name("country_names.json")
"""File made by `testing.country_names`: every name and code, as `plain` writes it, to its alpha-2."""
_CACHED: Final = 8192
_ARTICLES: Final = re.compile(r"^the | the(?= |$)")
"""As in `the Netherlands`, `Korea (the Republic of)`; no name needs one to be told from another."""
_LETTERS: Final = re.compile(r"\b(\w) (?=\w\b)")
"""Between the letters of `U. S. A.`."""
_PARTS: Final = re.compile(r"[()\[\]/|]|\s[-\u2013\u2014]\s")


@lru_cache(_CACHED)
def read_country(text: str) -> str | None:
    """ISO 3166 alpha-2 of a country; None for what is none.

    `RUS`, `Russian Federation`, `Россия`, `Nederland`, `Korea, Republic of`, `Korea, Rep.`, `Deutschland`, `u.s.`;
    `Philippines (the)` as ISO writes it, `Spain (ES)` and `US - United States`: of two names of one country either.
    """
    name = plain(text)
    return _named(name) or _in_parts(text)


def _named(name: str) -> str | None:
    names = _names()
    return names.get(name) or names.get(_ARTICLES.sub("", name)) or names.get(_LETTERS.sub(r"\1", name))


def _in_parts(text: str) -> str | None:
    """The country of a text whose parts, by brackets or a dash, all name the same one."""
    parts = [part for part in map(plain, _PARTS.split(text)) if part]
    codes = {_named(part) for part in parts}
    return codes.pop() if len(parts) > 1 and len(codes) == 1 else None


@lru_cache(1)
def _names() -> dict[str, str]:
    names: dict[str, str] = json.loads(NAMES.read_text())
    return names
