"""What all commands share: their common options, their exit codes, and how an error is shown."""

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop

from agreement import AgreementError
from runtime.errors import BatonError
from runtime.settings import Settings, load_settings

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded house.", show_default=".baton")]
JsonFlag = Annotated[bool, typer.Option("--json", help="For programs instead of people.")]
FOUND_WRONG: Final = 1
"""Exit code: it worked, and found something wrong."""
CANNOT: Final = 2
"""Exit code: it cannot work as it was called or configured."""


def run(work: Coroutine[Any, Any, int]) -> None:
    """Runs the work and leaves with the exit code it returns; an error is shown in one paragraph, without a trace."""
    try:
        sys.exit(uvloop.run(work))
    except AgreementError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        typer.echo(f"{len(error.problems)} problem(s) in the agreement: nothing was started.", err=True)
        sys.exit(FOUND_WRONG)
    except BatonError as error:
        typer.echo(f"baton: {error}", err=True)
        sys.exit(CANNOT)


def settings_of(**given: object) -> Settings:
    """The settings, or the end of the command with a sentence about what is wrong with them."""
    try:
        return load_settings(**given)
    except BatonError as error:
        typer.echo(f"baton: {error}", err=True)
        sys.exit(CANNOT)
