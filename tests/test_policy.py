"""Every route of the house has a row in the policy, and every route that is not open asks who calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import SecretStr

from agreement import Agreement
from reporting.reports import REPORTS
from runtime.http.lazy_route import LazyRoute, add_routes
from runtime.http.policy import DATA, HOUSE, OPS, POLICY, reports_fact
from runtime.http.policy import REPORTS as REPORT_RULES
from runtime.process.assembly import Assembly
from runtime.settings import Settings
from standalone.laboratory import routes as laboratory_routes
from standalone.services import SERVICES
from testing.service import SHIPPED

REPORT_PATHS = (("/api/", ""), ("/", ""), ("/api/export/", ".csv"))
GUARDS = ("require.", "allow.", "at_the_bench")


def every_route(app: FastAPI) -> Iterator[APIRoute]:
    for route in app.routes:
        if not isinstance(route, LazyRoute):
            raise AssertionError(f"{route} is a route of another kind: it would stand beside the policy")
        yield route


def asks(dependant: Dependant) -> bool:
    """Whether a guard stands in front of it, at whatever depth."""
    name = getattr(dependant.call, "__qualname__", "")
    return name.startswith(GUARDS) or any(map(asks, dependant.dependencies))


@pytest.fixture(scope="module")
def app(agreement: Agreement, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(
        data=tmp_path_factory.mktemp("data"), agreement=Path(SHIPPED), secret=SecretStr("x"), _env_file=None
    )
    app = Assembly(settings, agreement, "postgresql://nobody@nowhere/none", SERVICES).app
    add_routes(app, laboratory_routes(None))  # type: ignore[arg-type]
    return app


@pytest.fixture(scope="module")
def routes(app: FastAPI) -> list[APIRoute]:
    return list(every_route(app))


def names(route: APIRoute) -> list[str]:
    return [f"{method} {route.path}" for method in sorted(route.methods or ())]


def test_every_route_has_a_row(routes: list[APIRoute]) -> None:
    """Add the route to runtime/http/policy.py: who may use it, and whether the audit hears of it."""
    assert len(routes) > 100
    assert [name for route in routes for name in names(route) if name not in POLICY] == []


def test_every_route_that_is_not_open_asks_who_calls(routes: list[APIRoute]) -> None:
    silent = [name for route in routes if not asks(route.dependant) for name in names(route) if not POLICY[name].open]
    assert silent == []


def test_no_route_is_open_and_asks(routes: list[APIRoute]) -> None:
    assert [name for route in routes if asks(route.dependant) for name in names(route) if POLICY[name].open] == []


def test_no_row_is_for_a_route_that_is_gone(routes: list[APIRoute]) -> None:
    there = {name for route in routes for name in names(route)}
    of_reports = {f"GET {path}{name}{end}" for name in REPORT_RULES for path, end in REPORT_PATHS}
    assert set(POLICY) - there - of_reports == set()


def test_every_report_has_a_row() -> None:
    assert [report.name for report in REPORTS if report.name not in REPORT_RULES] == []


def test_every_change_and_every_look_at_a_person_is_in_the_audit(routes: list[APIRoute]) -> None:
    changes = [name for route in routes for name in names(route) if name.startswith(("POST", "PUT", "PATCH", "DELETE"))]
    assert [name for name in changes if not (POLICY[name].open or POLICY[name].act)] == []
    assert all(POLICY[f"GET {path}"].act for path in ("/leads/{lead}", "/api/leads/{lead}", "/api/outbox/{notice}"))


def test_a_partner_opens_leads_and_the_own_page_and_nothing_else(routes: list[APIRoute]) -> None:
    for_all = [name for route in routes for name in names(route) if "partner" in POLICY[name].roles]
    opened = {name for name in for_all if not POLICY[name].open}
    assert opened == {
        "GET /leads", "GET /leads/{lead}", "GET /live", "GET /api/leads", "GET /api/leads/{lead}",
        "GET /api/export/leads.csv", "GET /search", "GET /partners", "GET /partners/{partner}", "GET /api/partners",
        "GET /api/partners/{partner}", "GET /api/export/partners.csv", "POST /sales",
    }  # fmt: skip


def test_roles_are_what_they_seem() -> None:
    assert OPS < DATA < HOUSE
    assert "rep" not in DATA


@pytest.mark.parametrize(
    ("role", "kind", "may"),
    [
        ("rep", "accepted", True), ("rep", "reassigned", False), ("rep", "nurtured", False),
        ("rep", "nudged", False), ("manager", "nudged", True),
        ("manager", "reassigned", True), ("marketing", "accepted", False), ("marketing", "reviewed", True),
        ("partner", "accepted", False), ("partner", "partner_feedback", True), ("partner", "feedback", False),
        ("marketing", "partner_feedback", True), ("ops", "deal_won", True), ("marketing", "assessed", True),
    ],
)  # fmt: skip
def test_who_reports_which_fact(role: str, kind: str, may: bool) -> None:
    assert reports_fact(frozenset({role}), kind) is may  # type: ignore[arg-type]
