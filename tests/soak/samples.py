"""Memory and open files of every process over time, and whether they grow."""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from tests.bench.linux_process import memory

LEAST: Final = 24
"""Samples of one life that say something about growth: four minutes, a sample each ten seconds."""
WARM: Final = 60.0
"""Seconds after its start in which a process still fills what it keeps."""
MEGABYTE: Final = 1024 * 1024
MAY_GROW: Final = 0.05
"""Share by which the last quarter of a life may lie above the third: allocators do not give back at once."""
MAY_GROW_MB: Final = 4.0
MAY_GROW_FILES: Final = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """One process, or a server with its children, at one moment."""

    age: float
    """Seconds since its start."""
    megabytes: float
    """PSS: pages shared by n processes count one nth."""
    files: int


@dataclass
class Samples:
    """Each life of each process on its own."""

    lives: dict[tuple[str, int], list[Sample]] = field(default_factory=lambda: defaultdict(list))

    def take(self, name: str, life: int, age: float, pids: Sequence[int]) -> None:
        """Looks at these processes as one; when one of them is gone meanwhile, there is no sample."""
        try:
            megabytes = sum(memory(one, "Pss") for one in pids) / MEGABYTE
            files = sum(len(os.listdir(f"/proc/{one}/fd")) for one in pids)
        except OSError:
            return
        self.lives[name, life].append(Sample(age, megabytes, files))

    @property
    def total(self) -> float:
        """Megabytes of all, as sampled last."""
        newest = {name: samples[-1].megabytes for (name, _), samples in sorted(self.lives.items())}
        return sum(newest.values())

    def growth(self) -> list["Growth"]:
        """Of each life that was long enough."""
        found = []
        for (name, life), samples in sorted(self.lives.items()):
            warm = [sample for sample in samples if sample.age >= WARM]
            if len(warm) >= LEAST:
                found.append(Growth.of(name, life, warm))
        return found


@dataclass(frozen=True, slots=True)
class Growth:
    """Medians of the third and of the last quarter of a life."""

    name: str
    life: int
    seconds: float
    megabytes: tuple[float, float]
    files: tuple[float, float]

    @classmethod
    def of(cls, name: str, life: int, samples: Sequence[Sample]) -> "Growth":
        """From samples in order."""
        quarter = len(samples) // 4
        third, last = samples[2 * quarter : 3 * quarter], samples[3 * quarter :]
        return cls(
            name,
            life,
            samples[-1].age,
            (median(one.megabytes for one in third), median(one.megabytes for one in last)),
            (median(one.files for one in third), median(one.files for one in last)),
        )

    @property
    def problems(self) -> list[str]:
        """Empty when it is flat within the tolerance."""
        found = []
        before, after = self.megabytes
        if after > before * (1 + MAY_GROW) + MAY_GROW_MB:
            found.append(f"{self.name}, life {self.life}: memory grew from {before:.1f} to {after:.1f} MB")
        before, after = self.files
        if after > before + MAY_GROW_FILES:
            found.append(f"{self.name}, life {self.life}: open files grew from {before:.0f} to {after:.0f}")
        return found
