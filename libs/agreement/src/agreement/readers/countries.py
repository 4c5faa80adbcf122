"""Countries: any ISO 3166 name, official name or code, in any case, and the names of eleven languages."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from agreement.readers.words import plain

NAMES: Final = Path(__file__).with_name("country_names.json")
"""File made by `testing.country_names`: every name and code, as `plain` writes it, to its alpha-2."""
_CACHED: Final = 8192


@lru_cache(_CACHED)
def read_country(text: str) -> str | None:
    """ISO 3166 alpha-2 of a country; None for what is none.

    `RUS`, `Russian Federation`, `The Netherlands`, `Korea, Republic of`, `Republic of Korea`, `Deutschland`, `u.s.`.
    """
    name = plain(text)
    return _names().get(name) or _names().get(name.removeprefix("the "))


@lru_cache(1)
def _names() -> dict[str, str]:
    names: dict[str, str] = json.loads(NAMES.read_text())
    return names
