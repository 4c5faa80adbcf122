"""`baton lint`: what is wrong with an agreement, and what of it is not in force."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from agreement.in_force import NOT_YET, PROSE, numbers
from agreement.loader import check
from standalone.output import print_json
from standalone.run import FOUND_WRONG, JsonFlag


def lint(
    folder: Annotated[Path, typer.Argument(help="The agreement's folder.")] = Path("agreement"),
    as_json: JsonFlag = False,
) -> None:
    """Check an agreement: file:line:column, what is wrong, what would be right; then what of it is not in force."""
    agreement, problems = check(folder)
    if as_json:
        listed = {"prose": dict(PROSE), "not_yet": dict(NOT_YET)}
        print_json({"problems": [str(problem) for problem in problems], **listed})
    else:
        for problem in problems:
            typer.echo(str(problem))
        if agreement and not problems:
            typer.echo(f"{folder}: nothing wrong (version {agreement.version})")
        _idle_fields()
    sys.exit(FOUND_WRONG if problems else 0)


def _idle_fields() -> None:
    """Prints which fields of any agreement move nothing."""
    counts = numbers()
    typer.echo(
        f"\nOf {sum(counts.values())} fields, {counts['prose']} are prose (for people only; nothing reads them):"
    )
    for path, reason in PROSE.items():
        typer.echo(f"  {path:<44} {reason}")
    typer.echo(f"{counts['not yet']} are not yet in force (written down, but nothing reads them yet):")
    for path, work in NOT_YET.items():
        typer.echo(f"  {path:<44} comes with: {work}")
