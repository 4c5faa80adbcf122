"""Templates: compiled once a process, and again under other terms."""

from dataclasses import replace
from typing import Any

import pytest
from jinja2 import Environment

from reporting.pages.renderer import Renderer, compiled_under
from runtime.service import Context


def test_a_template_is_compiled_once_under_the_same_terms(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_, compiled = Environment.compile, list[str]()

    def noted(self: Environment, source: Any, name: str, *rest: Any, **more: Any) -> Any:
        compiled.append(name)
        return compile_(self, source, name, *rest, **more)

    monkeypatch.setattr(Environment, "compile", noted)
    compiled_under.cache_clear()
    assert [Renderer(context).panel_template("funnel") for _ in range(2)] == ["panels/funnel.html"] * 2
    assert compiled == ["panels/funnel.html"]
    routing = context.agreement.routing.model_copy(update={"urgency": context.agreement.routing.urgency[:1]})
    other = replace(context, agreement=context.agreement.model_copy(update={"routing": routing}))
    assert Renderer(other).panel_template("funnel") == "panels/funnel.html"
    assert compiled == ["panels/funnel.html"] * 2
