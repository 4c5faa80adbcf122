"""Which code may work on a schema: the newest, and older code down to where the schema says it is compatible since.

A migration that older code would not survive says `compatible_since = revision` in its module; all others only add.
"""

from typing import Final

from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, text

from runtime.errors import Misconfigured
from runtime.service import Service

_THERE: Final = "SELECT to_regclass('{schema}.compatible_since') IS NOT NULL"
_STATED: Final = "SELECT branch, head, revision FROM {schema}.compatible_since"
_STATE: Final = text("""
    INSERT INTO compatible_since (branch, head, revision) VALUES (:branch, :head, :revision)
    ON CONFLICT (branch) DO UPDATE SET head = excluded.head, revision = excluded.revision
""")


def state(connection: Connection, scripts: ScriptDirectory) -> None:
    """Writes down, for each branch of the schema on the search path, its head and since when it is compatible."""
    for head in scripts.get_heads():
        passed = list(scripts.iterate_revisions(head, "base"))
        said = [one.revision for one in passed if hasattr(one.module, "compatible_since")]
        given = {"branch": _branch(passed[0]), "head": head, "revision": (said or [passed[-1].revision])[0]}
        connection.execute(_STATE, given)


def satisfied(connection: Connection, service: Service, scripts: ScriptDirectory, unknown: set[str]) -> set[str]:
    """This code's heads in branches where the database stands at an unknown revision that is compatible with it.

    Raises Misconfigured for an unknown revision that is not.
    """
    known = {one.revision for one in scripts.walk_revisions()}
    stated = {}
    if unknown and connection.execute(text(_THERE.format(schema=service.schema))).scalar_one():
        rows = connection.execute(text(_STATED.format(schema=service.schema)))
        stated = {row.head: row for row in rows if row.revision in known}
    if strange := unknown - stated.keys():
        raise Misconfigured(
            f"the database holds {service.name} at revision {', '.join(sorted(strange))}, which this code does not "
            "know and cannot work on: it was written by a newer Baton. Run that version, or restore a backup taken "
            "before the upgrade."
        )
    branches = {stated[revision].branch for revision in unknown}
    return {head for head in scripts.get_heads() if _branch(scripts.get_revision(head)) in branches}


def _branch(script: Script) -> str:
    return next(iter(script.branch_labels))
