"""Money by model: the same won deals, shared out under each attribution model of the agreement."""

from reporting.figures import percent
from reporting.filters import DEALS, ReportQuery, link, refuse_unknown
from reporting.reports.attribution import SIDES, by_side
from reporting.reports.credits import period_credits
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import as_leads, beside


async def models(scope: ReportScope, query: ReportQuery) -> Answer:
    """A row for each model: what it credits to marketing, to sales and to nobody; each row sums up to `total`.

    Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    days = {**scope.period(query).parameters, **query.dimensions()}
    terms = scope.agreement.goals.attribution
    found = await period_credits(scope, query, "touch", terms.models)
    total, sums = found.total, found.of("touch")
    items = [
        {
            "model": model.name,
            "title": model.title,
            "default": model.name == terms.default,
            **{side: scope.money(amount) for side, amount in by_side(sums, place).items()},
            "total": total.money,
            "deals": found.included,
            "links": {side: link(DEALS, **days, model=model.name, credited=side) for side in SIDES},
            "report": link("/api/attribution", **days, model=model.name),
        }
        for place, model in enumerate(terms.models)
    ]
    return {
        **scope.period(query).parameters,
        "currency": scope.currency,
        "deals": total.deals,
        "total": total.money,
        "leads": link(DEALS, **days, **as_leads(query), state="won"),
        "besides": [beside(one, "won", **days, **as_leads(query)) for one in total.not_included],
        "items": items,
    }


def _finding(answer: Answer) -> str | None:
    """How far the models are apart about marketing's part."""
    whole = answer["total"].amount
    if not whole:
        return None
    parts = sorted((row["marketing"].amount, row["title"]) for row in answer["items"])
    low, high = parts[0][0] / whole, parts[-1][0] / whole
    if percent(low) == percent(high):
        return f"Marketing brought {percent(low)} of the revenue, whichever model is asked"
    return f"Marketing brought {percent(low)} to {percent(high)} of the revenue, by the model"


MODELS = Report(
    "attribution-models",
    ReportQuery,
    models,
    columns=(
        Column("model"),
        Column("title", "Model"),
        Column("marketing", "Marketing", "money", link="links.marketing"),
        Column("sales", "Sales", "money", link="links.sales"),
        Column("unattributed", "Unattributed", "money", link="links.unattributed"),
        Column("total", "Sum", "money", link="report"),
        Column("deals", "Deals", "number", wide=True),
        Column("currency"),
    ),
    figures=(Column("deals", "won", "number", link="leads"), Column("total", "in all", "money", better="more")),
    summary="Revenue credited to marketing and sales, under every model side by side",
    title="Money by model",
    definition=(
        "Every model shares out the same won deals; a row sums up to the same total. Unattributed: a milestone without "
        "a touch within the agreed days. `team` and `rep` are those to whom the primary contact was first handed."
    ),
    chapter="goals",
    finding=_finding,
    rows=lambda answer: ({**row, "currency": answer["currency"]} for row in answer["items"]),
    panel="wide",
    idle=lambda answer: not answer["deals"],
    key=("model",),
)
