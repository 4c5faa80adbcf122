"""What differs between two versions of the agreement, entry by entry, for people who are to sign it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agreement.chapters import Agreement


@dataclass(frozen=True, slots=True)
class Change:
    """`was` is None for what is new, `now` is None for what is gone."""

    path: str
    was: Any
    now: Any

    def __str__(self) -> str:
        was, now = term_in_words(self.was), term_in_words(self.now)
        if self.was is None:
            return f"{self.path}: new, {now}"
        return f"{self.path}: gone, {was}" if self.now is None else f"{self.path}: {was} -> {now}"


def term_in_words(value: Any) -> str:
    """A value of the agreement for people: `a, b` for a list, `kind: target, owner: rep-ana` for an entry."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_inner(one)}" for key, one in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(_inner, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)


def _inner(value: Any) -> str:
    """In brackets where it is more than one thing."""
    words = term_in_words(value)
    return f"({words})" if isinstance(value, dict | list) and value else words


def changes(old: Agreement, new: Agreement) -> list[Change]:
    """A change inside an entry of a list is told under the entry's name, wherever it stands."""
    return list(_differ("", old.model_dump(mode="json"), new.model_dump(mode="json")))


def _differ(path: str, was: Any, now: Any) -> Iterator[Change]:
    if was == now:
        return
    before, after = _named(was), _named(now)
    if before is None or after is None:
        yield Change(path, was, now)
        return
    if isinstance(was, list) and [key for key in before if key in after] != [key for key in after if key in before]:
        yield Change(f"{path} (order)", ", ".join(before), ", ".join(after))
    for key in dict.fromkeys((*before, *after)):
        yield from _differ(f"{path}.{key}" if path else str(key), before.get(key), after.get(key))


def _named(value: Any) -> Mapping[str, Any] | None:
    """A mapping as it is; a list of entries by their first text, if that tells them apart."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return None
    names = [next((text for text in entry.values() if isinstance(text, str)), None) for entry in value]
    if None in names or len(set(names)) != len(names):
        return None
    return {str(name): entry for name, entry in zip(names, value, strict=True)}
