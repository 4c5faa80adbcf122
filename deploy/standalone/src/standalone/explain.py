"""`baton explain`: why something was decided, down to its events."""

from typing import Annotated, Any

import typer

from reporting.reports.decision import NoSuchDecision, decision
from reporting.reports.report import open_scope
from runtime.settings import load_settings
from standalone.connect import database
from standalone.operator_context import operator_context
from standalone.output import print_json, print_table
from standalone.run import FOUND_WRONG, Data, JsonFlag, run


def explain(
    decided: Annotated[str, typer.Argument(metavar="ID", help="An assignment, an event, a lead or its address.")],
    data: Data = None,
    as_json: JsonFlag = False,
) -> None:
    """Say why a lead went where it is: the steps of routing, who could be picked, and the chain of causes."""

    async def work() -> int:
        settings = load_settings(data=data)
        async with database(settings) as dsn, operator_context(settings, dsn, "reporting") as context:
            try:
                async with open_scope(context) as scope:
                    answer = await decision(scope, decided)
            except NoSuchDecision as unknown:
                typer.echo(str(unknown), err=True)
                return FOUND_WRONG
        print_json(answer) if as_json else _print(answer)
        return 0

    run(work())


def _print(answer: dict[str, Any]) -> None:
    typer.echo(f"{answer['text']}   (lead {answer['lead']}, agreement {answer['agreement'] or 'not known'})")
    made = answer["decision"]
    if made is not None:
        print_table(made["passed"] or [], ("step", "rule", "why"), empty="no step was passed over")
        typer.echo(f"{made['kind']}, {made['text']}")
        if made["candidates"]:
            print_table(made["candidates"], ("rep", "reason", "assigned", "credits", "ratio", "open"), empty="")
    print_table(answer["chain"], ("at", "type", "text", "event"), empty="")
