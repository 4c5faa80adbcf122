"""How a check says what it found, and the three checks that several chapters need."""

import difflib
from collections.abc import Collection, Hashable, Iterable, Sequence

from agreement.problems import Path, Positions, Problem
from agreement.types import Range


class Findings:
    """Collects problems with their places."""

    def __init__(self, positions: Positions) -> None:
        self._positions = positions
        self.problems: list[Problem] = []

    def add(self, path: Path, message: str, *, key: bool = False) -> None:
        """One problem at a path that begins with the chapter; `key`: it is the key that is wrong, not its value."""
        self.problems.append(self._positions.problem(path, message, key=key))

    def unknown(self, path: Path, name: str | None, known: Collection[str], what: str) -> bool:
        """Whether the name, if there is one, leads nowhere; says so."""
        if name is None or name in known:
            return False
        near = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(sorted(known)) or 'none'}"
        self.add(path, f"{name!r} is no {what}; {hint}")
        return True

    def repeated(self, items: Iterable[tuple[Path, Hashable]], what: str) -> None:
        """Says which values stand a second time."""
        first: dict[Hashable, Path] = {}
        for path, value in items:
            if value in first:
                place = self._positions.of(first[value])
                self.add(path, f"{what} {value!r} is already taken ({place.file}:{place.line}); use it once")
            else:
                first[value] = path

    def absent(self, path: Path, present: Iterable[str], required: Iterable[str], what: str) -> None:
        """Says which of a closed list of names are not there."""
        entries = set(present)
        missing = [name for name in required if name not in entries]
        if missing:
            self.add(path, f"lacks {what} {', '.join(missing)}; add an entry for each", key=True)

    def seamless(self, ranges: Sequence[tuple[Path, Range]], first: int, what: str) -> None:
        """Says where ranges overlap or leave a hole, from `first` upwards without end."""
        following: int | None = first
        for path, one in sorted(ranges, key=lambda item: first if item[1].at_least is None else item[1].at_least):
            begins = first if one.at_least is None else one.at_least
            if following is None or begins < following:
                self.add(path, f"overlaps the {what} before it; each number belongs to one")
            elif begins > following:
                self.add(path, f"leaves a hole: no {what} has {following} to {begins - 1}")
            following = None if one.at_most is None else max(following or 0, one.at_most + 1)
        if following is not None and ranges:
            self.add(ranges[-1][0], f"leaves a hole: no {what} has {following} and more; leave at_most out of the last")
