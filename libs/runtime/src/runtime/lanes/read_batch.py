"""What one read of a lane gave: events to decide on, records to dead-letter, and how far the lane would move."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from events import Event
from runtime.errors import PoisonLimit
from runtime.lanes.dead_letters import DeadLetter
from runtime.lanes.sequence import Progress
from runtime.transport.base import Record


@dataclass(slots=True)
class ReadBatch:
    """Records of one read, after their numbers were checked and their heads were looked at. Nothing is consumed yet."""

    offsets: dict[str, int] = field(default_factory=dict)
    """Topic to the offset after its last record; topics that do not move are left out."""
    progress: dict[str, Progress] = field(default_factory=dict)
    records: list[tuple[Record, Event]] = field(default_factory=list)
    """What the handler will see."""
    dead: list[DeadLetter] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    """Subjects with an input among the dead letters."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """What the handler wants called then."""
    erased: set[str] = field(default_factory=set)
    """Subjects that were erased: nothing said of them before may lie anywhere."""
    count: int = 0
    """Records with a new number, of handled types or not."""
    repeats: int = 0
    """Records that were here before: they are passed over."""
    skipped: int = 0
    """Records of types that are not handled."""
    poison_before: int = 0
    """Poison inputs before the first good one,"""
    poison_after: int = 0
    """after the last one,"""
    poison_longest: int = 0
    """and the most of them in a row."""

    @property
    def events(self) -> list[Event]:
        """The decoded events, in the order in which they were read."""
        return [event for _, event in self.records]

    def add(self, record: Record, event: Event) -> None:
        """Takes in an event for the handler."""
        self.records.append((record, event))
        self.poison_after = 0

    def dead_letter(self, letter: DeadLetter) -> None:
        """Puts an input aside: its subject's later inputs follow it, and runs of poison are counted."""
        self.dead.append(letter)
        if letter.subject is not None:
            self.blocked.add(letter.subject)
        if letter.follows:
            return
        self.poison_after += 1
        self.poison_longest = max(self.poison_longest, self.poison_after)
        if not self.records:
            self.poison_before = self.poison_after

    def erase(self, subject: str, *, keep: Sequence[DeadLetter] = ()) -> None:
        """The subject's dead letters so far are forgotten, but for `keep`; what comes after follows nothing."""
        self.dead = [letter for letter in self.dead if letter.subject != subject or letter in keep]
        self.blocked.discard(subject)
        self.erased.add(subject)

    def waits(self, subject: str, blocked: Set[str]) -> bool:
        """Whether an earlier input of the subject lies among the dead letters: of this read, or those before it."""
        return subject in self.blocked or (subject in blocked and subject not in self.erased)

    def poison_run(self, before: int, limit: int) -> int:
        """How many poison inputs in a row there are now, after `before` of them. Raises PoisonLimit above the limit."""
        worst = max(self.poison_longest, before + self.poison_before)
        if worst > limit:
            last = self.dead[-1].reason if self.dead else "erased since"
            raise PoisonLimit(f"{worst} unreadable records in a row, the last: {last}")
        return self.poison_after if self.records else before + self.poison_after


class Poisoned(Exception):
    """The handler raised on a batch of several inputs: isolate_poison decides them one by one to find the culprit."""

    def __init__(self, read: ReadBatch) -> None:
        super().__init__()
        self.read = read
