"""Texts as they are compared: no case, no accents, no punctuation."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_BETWEEN: Final = re.compile(r"[^\w]+|_+")
_DOTS: Final = re.compile(r"(?<=\w)\.(?=\w\b|$|\W)")
_POSSESSIVE: Final = re.compile(r"['\u2019`]s?\b")


def plain(text: str) -> str:
    """`COMPUTER_SOFTWARE`, `Computer & Software` and `computer-software` are words with single blanks between them.

    Case, accents, hyphens and punctuation go; `&` is `and`; `U.S.A.` is `usa`.
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    folded = _POSSESSIVE.sub("", _DOTS.sub("", folded.replace("&", " and ")))
    return _BETWEEN.sub(" ", folded).strip()


def whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """Finds one of these words, or runs of words, in a `plain` text; none of them in a text for an empty list.

    A `*` in front of a word, or behind it, stands for letters that it is grown together with: `*leiter` is in
    `Vertriebsleiter`, and in `Leiter`.
    """
    longest_first = sorted({one for word in words if (one := _pattern(word))}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(longest_first) + r")(?!\w)" if longest_first else r"(?!)")


def is_part(word: str) -> bool:
    """Whether a word of a list stands for longer ones, too."""
    return word.startswith("*") or word.endswith("*")


def _pattern(word: str) -> str:
    core = re.escape(plain(word))
    return core and (r"\w*" * word.startswith("*")) + core + (r"\w*" * word.endswith("*"))
