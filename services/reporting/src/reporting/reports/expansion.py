"""The account managers' work list: people of existing customers who pass the expansion model's threshold."""

from reporting.filters import InboxQuery, page_of
from reporting.reports.inbox import rep_id
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import expansion as store
from reporting.store.conditions import DatabaseRow


async def expansion(scope: ReportScope, query: InboxQuery) -> Answer:
    """Of one account manager or of all. Raises Malformed for a rep nobody knows.

    `model` and `least` are null, and nobody is listed, where the agreement has no expansion model.
    """
    scoring, rep = scope.agreement.scoring, rep_id(scope, query.rep, "rep")
    model, least = scoring.expansion, scoring.expansion_at_least
    if model is None or least is None:
        return {"model": None, "least": None, "items": [], "next": None}
    named = sorted(scope.agreement.teams.customers)
    rows = [_item(scope, row) for row in await store.customers(scope.tx, model, least, named)]
    mine = [row for row in rows if rep in (None, row["manager"])]
    return page_of({"model": model, "least": least, "items": mine}, query)


def _item(scope: ReportScope, row: DatabaseRow) -> DatabaseRow:
    """With who looks after the customer: whoever has the lead, else the first account manager by the agreement."""
    manager = row["owner"] or next(iter(scope.people.account_managers(row["domain"])), None)
    return {
        **row,
        "signals": row["signals"] or [],
        "manager": manager,
        "manager_name": scope.people.name(manager) if manager else None,
    }


EXPANSION = Report(
    "expansion",
    InboxQuery,
    expansion,
    columns=(
        Column("id"),
        Column("name", "Name", "lead"),
        Column("company", "Company", wide=True),
        Column("domain"),
        Column("expansion", "Expansion score", "number"),
        Column("stage", "Stage", "stage"),
        Column("manager", "Account manager", "rep"),
        Column("last_engaged", "Last engaged", "relative", wide=True),
    ),
    summary="Existing customers worth a call, for account managers",
    title="Customers worth a call",
    note="people of existing customers who pass the expansion model's threshold",
)
