"""Words that name nobody: what programs send where an id, an address or a message id is missing."""

import re
from typing import Final

from agreement.definitions import Definitions

_NAME: Final = r"[^\W\d_][^\W\d]*(?:[ .-][^\W\d]+)*"
"""Words without digits: in single brackets these are a name, where digits are somebody's: `{3f2504e0-...}`."""
_TEMPLATE: Final = re.compile(
    r"\{\{.*\}\}|[$#]\{.*\}|<%.*%>|\*\|.*\|\*|%%.*%%|\[\[.*\]\]|%7b%7b.*%7d%7d"
    rf"|\[{_NAME}\]|<{_NAME}>|\{{{_NAME}\}}|%{_NAME}%",
    re.DOTALL,
)
"""Placeholders that a template engine, or who copied an example, should have filled in."""
_FRACTION: Final = re.compile(r"^(-?\d+)\.0+$")
"""A whole number that a tool wrote as one with a fraction: `0.0`."""
_OPENING: Final = "{$#<*%["
_QUOTES: Final = "\"'` \t\r\n"


class Nobody:
    """Chapter `definitions`, `nobody`, compiled once."""

    def __init__(self, definitions: Definitions) -> None:
        self._words = frozenset(word.casefold() for word in definitions.nobody)
        self._mailboxes = frozenset(word.casefold() for word in definitions.nobodys_mailboxes)

    def is_named(self, text: str) -> bool:
        """Whether this id, message id or address names nobody: a word of the list, in any case, in quotes or not;
        an address before whose @ stands nothing, or a word that is no mailbox; a placeholder that nothing filled in."""
        word = _FRACTION.sub(r"\1", text.strip(_QUOTES).casefold())
        if not word or word in self._words or (word[0] in _OPENING and _TEMPLATE.fullmatch(word)):
            return True
        local, at, _ = word.partition("@")
        return bool(at) and (not local or local.strip(_QUOTES) in self._mailboxes)
