"""The account managers' work list: people of existing customers who pass the expansion model's threshold."""

from agreement.customers import is_customer
from reporting.filters import InboxQuery, page_of
from reporting.reports.inbox import rep_id
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import expansion as store
from reporting.store.conditions import DatabaseRow


async def expansion(scope: ReportScope, query: InboxQuery) -> Answer:
    """Of one account manager or of all. Raises Malformed for a rep nobody knows.

    `model` and `least` are null, and nobody is listed, where the agreement has no expansion model.
    """
    return page_of(await whole_list(scope, query.rep), query)


async def whole_list(scope: ReportScope, rep: str | None) -> Answer:
    """The same without a limit. Raises Malformed for a rep nobody knows."""
    scoring, rep = scope.agreement.scoring, rep_id(scope, rep, "rep")
    model, least = scoring.expansion, scoring.expansion_at_least
    if model is None or least is None:
        return {"model": None, "least": None, "items": []}
    named = sorted(scope.agreement.teams.customers)
    found = [row for row in await store.customers(scope.tx, model, least, named) if _is_customer(row)]
    mine = [row for row in (_item(scope, one) for one in found) if rep in (None, row["manager"])]
    return {"model": model, "least": least, "items": mine}


def _is_customer(row: DatabaseRow) -> bool:
    """Takes out of the row what only this is decided by."""
    return is_customer(lives=row.pop("lives"), ended=row.pop("ended"), listed=row.pop("listed"))


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
    note="People of existing customers who pass the expansion model's threshold",
    page=True,
)
