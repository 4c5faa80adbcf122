"""Of chapter `definitions`: the figures that both teams look at, one meaning each."""

from typing import Literal

from agreement.types import Terms

FigureName = Literal[
    "revenue",
    "sourced_revenue",
    "pipeline",
    "sourced_pipeline",
    "coverage",
    "spend",
    "cost_per_customer",
    "cost_per_lead",
    "cost_per_mql",
    "cost_per_sql",
    "acquisition_rate",
    "end_to_end",
    "contract_value",
    "lifetime_value",
    "win_rate",
    "sales_cycle",
    "response_time",
    "response_time_p90",
    "never_followed_up",
    "rejection_rate",
    "recycling_success",
]


class SharedFigure(Terms):
    """A figure that both teams look at, and the one meaning that it has. The figures themselves are fixed."""

    figure: FigureName
    title: str
    definition: str
