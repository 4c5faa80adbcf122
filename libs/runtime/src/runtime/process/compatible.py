"""Which code may work on a schema: the newest, and older code down to where the schema says it is compatible since.

A migration that older code would not survive says `compatible_since = revision` in its module; all others only add.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.errors import Misconfigured
from runtime.process.revisions import Revision, branch_of, heads, history


@dataclass(frozen=True, slots=True)
class Compatible:
    """A row of a schema's table `compatible_since`."""

    branch: str
    head: str
    """Where the branch stands."""
    revision: str
    """Code that knows this revision can work on it."""


def compatible_rows(revisions: Mapping[str, Revision]) -> list[Compatible]:
    """What a schema says of itself once all these migrations are applied, for each branch."""
    found = []
    for head in heads(revisions):
        passed = list(history(revisions, head))
        since = next((one.id for one in passed if one.breaks), passed[-1].id)
        found.append(Compatible(branch_of(revisions, head), head, since))
    return found


def satisfied(
    service: str, revisions: Mapping[str, Revision], unknown: set[str], stated: Sequence[Compatible]
) -> set[str]:
    """This code's heads in branches where the database stands at an unknown revision that is compatible with it.

    `stated`: what the schema says of itself. Raises Misconfigured for an unknown revision that is not compatible.
    """
    branches = {one.head: one.branch for one in stated if one.revision in revisions}
    if strange := unknown - branches.keys():
        raise Misconfigured(
            f"the database holds {service} at revision {', '.join(sorted(strange))}, which this code does not "
            "know and cannot work on: it was written by a newer Baton. Run that version, or restore a backup taken "
            "before the upgrade."
        )
    reached = {branches[revision] for revision in unknown}
    return {head for head in heads(revisions) if branch_of(revisions, head) in reached}
