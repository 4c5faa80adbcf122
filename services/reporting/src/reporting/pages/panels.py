"""One panel: a report with its answer, ready for its template; and as a card, or what kept it from being made."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from fastapi import Request
from markupsafe import Markup
from pydantic import BaseModel, ValidationError

from reporting.figures import change
from reporting.filters import FILTERS, TIMES, ReportQuery, link
from reporting.pages.fragments import sight
from reporting.pages.page_router import PageRouter
from reporting.reports.answering import CellChange, answer_of, row_key
from reporting.reports.report import Answer, Column, Report, ReportScope, open_scope
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused

Q = TypeVar("Q", bound=BaseModel)
TROUBLE: Final = "panels/trouble.html"
ROWS: Final = 50
"""A page shows so many of a list, and leads on to the next."""
_PLAIN: Final = "panels/table.html"


@dataclass(frozen=True, slots=True)
class Panel:
    """A report with its answer."""

    report: Report[Any]
    parameters: dict[str, Any]
    """The filters it was made with."""
    template: str
    answer: Answer

    @property
    def rows(self) -> list[DatabaseRow]:
        """The rows of the answer, as in the report's CSV."""
        return list(self.report.rows(self.answer))

    @property
    def heading(self) -> str:
        """What the figures say, in a sentence; or the report's title."""
        return self.report.finding(self.answer) or self.report.title

    @property
    def columns(self) -> list[Column]:
        """Those that a page shows."""
        return [column for column in self.report.columns if column.title]

    @property
    def dated(self) -> bool:
        """It is about some days; not what is so now, or of any time."""
        if self.report.any_time and not set(TIMES) & set(self.parameters):
            return False
        return issubclass(self.report.query, ReportQuery) and not set(TIMES) <= set(self.report.ignores)

    @property
    def json(self) -> str:
        """The address of the same answer as JSON."""
        return link(f"/api/{self.report.name}", **self.parameters)

    @property
    def csv(self) -> str:
        """The address of the same rows as CSV."""
        return link(f"/api/export/{self.report.name}.csv", **self.parameters)

    @property
    def alone(self) -> str:
        """The address of this panel as a fragment."""
        return link(f"/panel/{self.report.name}", **self.parameters)

    def change(self, row: DatabaseRow, column: Column) -> CellChange | None:
        """How a value of a row changed, with its `text`; None without days to compare with."""
        return self._worded(self._compared["rows"].get(row_key(self.report, row), {}).get(column.name))

    def figure_change(self, column: Column) -> CellChange | None:
        """The same of a figure above the table."""
        return self._worded(self._compared["figures"].get(column.name))

    @property
    def _compared(self) -> Mapping[str, Any]:
        return self.answer.get("compared") or {"rows": {}, "figures": {}}

    def _worded(self, one: CellChange | None) -> CellChange | None:
        if one is None or (one["change"] is None and not one["new"]):
            return None
        if one["change"] == 0 and not getattr(one["before"], "amount", one["before"]):
            return None
        direction = None if not one["change"] else "up" if one["change"] > 0 else "down"
        return {**one, "text": change(one["change"], one["unit"]), "direction": direction}


async def panel_of(
    pages: PageRouter, request: Request, scope: ReportScope, report: Report[Any], *, alone: bool = False
) -> Panel:
    """The panel of a report, by the filters in the address; `alone` on a page, a plain table has a page of its rows.

    Raises what the report raises.
    """
    template = pages.renderer.panel_template(report.name)
    query = narrowed(report.query, request, limit=str(ROWS if alone and template == _PLAIN else 500))
    parameters = query.model_dump(mode="json", exclude_none=True, exclude={"limit", "after", "range"})
    if isinstance(query, ReportQuery) and not (report.any_time and not (query.from_ or query.to or query.range)):
        parameters |= scope.period(query).parameters
    return Panel(report, parameters, template, await answer_of(report, scope, query, _requested(request)))


@dataclass(frozen=True, slots=True)
class PanelCard:
    """A panel as it stands on a page."""

    report: Report[Any]
    html: Markup
    idle: bool = False
    """It has nothing to say, and is left out."""


async def card_of(
    pages: PageRouter, request: Request, report: Report[Any], now: datetime, values: Mapping[str, Any], *,
    personal: bool = False,
) -> PanelCard:  # fmt: skip
    """The panel of a report, made in a transaction of its own: what goes wrong is said in its place.

    It is made once for all pages that show the same to people who may see the same, until the views move on, or the
    minute ends (it says how long ago things were); a `personal` one, with forms for who reads it, for each reader.
    `values` are what its template may use. Raises ValidationError.
    """
    minute = int(now.timestamp()) // 60
    key = (report.name, str(request.url.path), request.url.query, sight(), request.state.seen, minute)
    try:
        if personal:
            return await _made(pages, request, report, now, values, render=pages.renderer.fragment)
        return await pages.fragments.get(
            key, lambda: _made(pages, request, report, now, values, render=pages.renderer.shared)
        )
    except ValidationError:
        raise
    except Refused as refusal:
        trouble = refusal.detail or refusal.title
    except Exception:
        logging.getLogger(__name__).exception("the panel %s could not be made", report.name)
        trouble = "These figures could not be made just now; the others are not touched by it."
    return PanelCard(report, pages.renderer.fragment(request, TROUBLE, now, report=report, trouble=trouble, **values))


async def _made(
    pages: PageRouter, request: Request, report: Report[Any], now: datetime, values: Mapping[str, Any], *,
    render: Callable[..., Markup],
) -> PanelCard:  # fmt: skip
    async with open_scope(pages.context) as scope:
        panel = await panel_of(pages, request, scope, report)
    html = render(request, panel.template, now, panel=panel, **values)
    return PanelCard(report, html, idle=report.idle(panel.answer))


def _requested(request: Request) -> list[str]:
    return [name for name in FILTERS if request.query_params.get(name)]


def narrowed(model: type[Q], request: Request, **defaults: str) -> Q:
    """Of the filters in the address those that this model takes; a division (`by`) that it does not know is left out.

    Raises ValidationError.
    """
    names = {field.alias or name for name, field in model.model_fields.items()}
    parameters = {**defaults, **{name: value for name, value in request.query_params.items() if value}}
    values = {name: value for name, value in parameters.items() if name in names}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        if {one["loc"] for one in error.errors()} != {("by",)}:
            raise
        return model.model_validate({name: value for name, value in values.items() if name != "by"})
