"""Templates: compiled once a process, and again under other terms."""

from dataclasses import replace

import pytest
from jinja2.bccache import Bucket

from reporting.pages.renderer import CompiledTemplates, Renderer, compiled_under
from runtime.service import Context


def test_a_template_is_compiled_once_under_the_same_terms(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    dump, texts = CompiledTemplates.dump_bytecode, list[str]()

    def count(self: CompiledTemplates, bucket: Bucket) -> None:
        texts.append(bucket.checksum)
        dump(self, bucket)

    monkeypatch.setattr(CompiledTemplates, "dump_bytecode", count)
    compiled_under.cache_clear()
    assert [Renderer(context).panel_template("funnel") for _ in range(2)] == ["panels/funnel.html"] * 2
    assert len(texts) == 1
    routing = context.agreement.routing.model_copy(update={"urgency": context.agreement.routing.urgency[:1]})
    other = replace(context, agreement=context.agreement.model_copy(update={"routing": routing}))
    assert Renderer(other).panel_template("funnel") == "panels/funnel.html"
    assert texts == texts[:1] * 2
