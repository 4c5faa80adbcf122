"""Spam: what says it is a person, and is an advertisement. The lists are the agreement's."""

import re
from collections.abc import Iterable
from typing import Final

from agreement.definitions import SpamTerm
from events.leads import KnownFact

HONEYPOT: Final = "honeypot"
LINK: Final = "a link in the name"
MARKUP: Final = "markup in the name"
_NAMES: Final = ("name", "first_name", "last_name")
_LOOKED_AT: Final = (*_NAMES, "company", "title")
"""Facts in which the words are looked for. A company may be called like its domain."""
_BETWEEN: Final = re.compile(r"[\W_]+")
_PATH: Final = r"(?<![\w.@-])(?:[\w-]+\.)+[^\W\d_]{2,}/\S"
"""A path behind what reads like a host is a link whatever the ending: nobody is called so."""
_MARKUP: Final = re.compile(r"<\s*[a-z/!?]|\[/?(?:url|link|img)\b|&(?:lt|#\w+);", re.IGNORECASE)


class SpamRules:
    """The rules of one agreement, prepared for looking at many people."""

    def __init__(self, terms: SpamTerm) -> None:
        words = sorted(r"[\W_]+".join(map(re.escape, word.split())) for word in terms.words)
        endings = sorted(map(re.escape, terms.link_endings))
        self._words = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) if words else None
        ending = rf"|(?<![\w.@-])(?:[\w-]+\.)+(?:{'|'.join(endings)})\b(?![\w.-]*@)" if endings else ""
        self._link = re.compile(rf"://|\bwww\.|{_PATH}{ending}", re.IGNORECASE)

    def reason(self, facts: Iterable[KnownFact], message: str | None) -> str | None:
        """Why these facts and this message are spam; None when they are none. An address as a name is no link."""
        texts = [message] if message else []
        for fact in facts:
            if fact.name not in _LOOKED_AT or not isinstance(fact.value, str):
                continue
            texts.append(fact.value)
            if fact.name in _NAMES and (wrong := self._wrong_name(fact.value)):
                return wrong
        if self._words is None:
            return None
        found = next((match for text in texts if (match := self._words.search(text))), None)
        return f"the words {_BETWEEN.sub(' ', found[0].casefold())!r}" if found else None

    def _wrong_name(self, name: str) -> str | None:
        if _MARKUP.search(name):
            return MARKUP
        return LINK if self._link.search(name) else None
