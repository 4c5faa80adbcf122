"""The `baton` command: its list of commands. Each is imported when it is called."""

from typing import Any, Final

import typer
from typer.core import TyperGroup

from standalone.lazy_command import Listed, lazy_commands

COMMANDS: Final = {
    "up": Listed("standalone.up:up", "Run the whole house on one port, with nothing else installed."),
    "demo": Listed(
        "standalone.up:demo",
        "Run a house in which a make-believe company has lived for 90 days; made once, in DATA/demo, it lives on.",
    ),
    "lint": Listed(
        "standalone.lint:lint",
        "Check an agreement: file:line:column, what is wrong, what would be right; then what of it is not in force.",
    ),
    "migrate": Listed("standalone.migrate:migrate", "Bring the database up to this version; harmless to repeat."),
    "topics": Listed("standalone.topics:topics", "Show the map of topics: who writes, who reads, what they carry."),
    "reship": Listed(
        "standalone.admin:reship",
        "Send a stream again from a number on, the same bytes: heals a gap. Readers drop what they had.",
    ),
    "explain": Listed(
        "standalone.explain:explain",
        "Say why a lead went where it is: the steps of routing, who could be picked, and the chain of causes.",
    ),
    "sign-in": Listed(
        "standalone.sign_in:sign_in",
        "A link that signs somebody in: once, within 15 minutes. For a house that sends no mails yet.",
    ),
    "sign": Listed(
        "standalone.sign:sign",
        "Sign the edited agreement for somebody beside you, when no house opens to do it on its page /agreement.",
    ),
    "adopt": Listed(
        "standalone.adopt:adopt_command",
        'Lead out of a fork: when a lane has stopped with "fork", because the database lost commits in a fail-over, '
        "or was restored from a backup.",
    ),
    "simulate": Listed(
        "standalone.simulate:simulate_command",
        "Live months of a make-believe company through the front door, and compare its books with Baton's numbers.",
    ),
    "make-demo": Listed(
        "standalone.demo:make_demo_command",
        "Live the months of DATA/demo, and say on standard output how far they are: for the button on the first page.",
        hidden=True,
    ),
    "keys": Listed("standalone.admin:keys_app", "Access keys: list, create, rotate, revoke."),
    "dead-letters": Listed("standalone.admin:dead_app", "Records that could not be worked: list, show, retry, drop."),
    "spam": Listed("standalone.spam:spam_app", "What was held back as spam: list, release, drop."),
}


class Baton(TyperGroup):
    """All commands of COMMANDS."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**{**named, "commands": lazy_commands(COMMANDS)})


app = typer.Typer(cls=Baton, no_args_is_help=True, add_completion=False)


@app.callback()
def baton() -> None:
    """Baton passes a lead from marketing to sales and brings the outcome back."""


def main() -> None:
    """Runs the command `baton` with the arguments of the process; ends it with the command's exit code."""
    app()
