"""POST /hooks/{provider}/{source}: only the provider is heard, a response is one form, hostile bodies break nothing."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson
import pytest
from httpx import AsyncClient, Response
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from services.ingest.tests.conftest import Rows, Stream, client, ingest_app, kinds, typeform_signature

from agreement import Agreement
from events.body import wire
from events.leads import ConsentChanged, EngagementRecorded, LeadCaptured
from ingest.api.providers import PROVIDERS
from ingest.api.providers.provider import HookRequest
from ingest.decide import Registry, Vocabulary, decide, lead_id, read
from runtime.errors import Misconfigured
from runtime.service import Context
from runtime.settings import Settings, load_settings
from testing.events import NOON
from testing.examples import examples
from testing.service import shipped_agreement

Json = Mapping[str, object]
DANA = lead_id("dana@acme.com")
SECRET = "s3cret"
VOCABULARY = Vocabulary.of(shipped_agreement())


@dataclass
class TypeformPost:
    """Posts as Typeform does, or as a forger."""

    http: AsyncClient

    async def __call__(
        self, body: object, *, path: str = "/hooks/typeform/website", signature: str | None = None
    ) -> Response:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        signature = typeform_signature(raw, SECRET) if signature is None else signature
        return await self.http.post(path, content=raw, headers={"typeform-signature": signature})


@pytest.fixture
async def typeform(context: Context) -> AsyncIterator[TypeformPost]:
    secrets = {"typeform/website": SecretStr(SECRET), "typeform/other": SecretStr("another")}
    settings = context.settings.model_copy(update={"hook_secrets": secrets})
    async with client(ingest_app(replace(context, settings=settings))) as http:
        yield TypeformPost(http)


def answer(ref: str, kind: str, value: object) -> Json:
    return {"type": kind, kind: value, "field": {"id": f"id-{ref}", "ref": ref, "type": "short_text"}}


def response(*answers: Json, token: str = "t1", kind: str = "form_response", **more: object) -> Json:
    form = {"form_id": "lT4Z3j", "token": token, "submitted_at": "2026-08-05T11:50:00Z", "answers": answers, **more}
    return {"event_id": f"e-{token}", "event_type": kind, "form_response": form}


EMAIL = answer("email", "email", "Dana@acme.com")


async def test_a_response_is_a_form_with_its_facts(typeform: TypeformPost, stream: Stream) -> None:
    sent = response(
        EMAIL,
        answer("first_name", "text", "Dana"),
        answer("company_size", "choice", {"label": "51-200"}),
        answer("tools", "choices", {"labels": ["CRM", "Mail"]}),
        answer("message", "text", "Call me"),
        answer("opt_in", "boolean", True),
        answer("cv", "file_url", {"url": "https://x.com"}),
        hidden={"utm_campaign": "spring", "plan": "pro"},
    )
    posted = await typeform(sent)
    assert (posted.status_code, posted.json()) == (200, {"accepted": 1, "duplicates": 0})
    captured, consent, form = await stream("leads")
    assert (captured.subject, captured.time) == (DANA, datetime(2026, 8, 5, 11, 50, tzinfo=UTC))
    assert isinstance(captured.data, LeadCaptured.Data)
    assert {fact.name: fact.value for fact in captured.data.facts} == {
        "email": "dana@acme.com",
        "first_name": "Dana",
        "employees": "51-200",
    }
    assert captured.data.channel == "typeform"
    assert captured.data.campaign is not None
    assert captured.data.campaign.name == "spring"
    assert isinstance(consent.data, ConsentChanged.Data)
    assert consent.data.granted
    assert isinstance(form.data, EngagementRecorded.Data)
    assert (form.data.kind, form.data.name, form.data.text) == ("form_submitted", "lT4Z3j", "Call me")
    assert form.data.properties["tools"] == ["CRM", "Mail"]


async def test_an_address_counts_whatever_the_question_is_called(typeform: TypeformPost, stream: Stream) -> None:
    await typeform(response(answer("0f1c-77", "email", "dana@acme.com")))
    assert [event.subject for event in await stream("leads")] == [DANA, DANA]


async def test_a_response_sent_again_is_a_duplicate_and_sources_do_not_share_tokens(
    typeform: TypeformPost, stream: Stream
) -> None:
    sent = response(EMAIL)
    for _ in range(2):
        posted = await typeform(sent)
    assert posted.json() == {"accepted": 0, "duplicates": 1}
    again = {**sent, "event_id": "another"}
    assert (await typeform(again)).json() == {"accepted": 0, "duplicates": 1}
    other = typeform_signature(orjson.dumps(sent), "another")
    assert (await typeform(sent, path="/hooks/typeform/other", signature=other)).json()["accepted"] == 1
    assert kinds(await stream("leads")) == [None, "form_submitted", "form_submitted"]


async def test_earlier_visits_of_the_browser_are_the_leads(typeform: TypeformPost, stream: Stream) -> None:
    await typeform(response(hidden={"anonymous_id": "a1"}, token="early"))
    await typeform(response(EMAIL, hidden={"anonymous_id": "a1"}))
    assert kinds(await stream("leads")) == [None, "form_submitted", "form_submitted"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (response(answer("first_name", "text", "Dana")), "no e-mail address and no anonymous_id"),
        (response(EMAIL, kind="form_response_partial"), "a form_response_partial, not a form_response"),
    ],
)
async def test_what_is_no_form_of_a_person_is_put_aside(
    typeform: TypeformPost, stream: Stream, rows: Rows, body: Json, reason: str
) -> None:
    posted = await typeform(body)
    assert (posted.status_code, posted.json()) == (200, {"accepted": 0, "duplicates": 0})
    (row,) = await rows("reject")
    assert (row["source"], row["message_id"], row["reason"]) == ("typeform:website", "t1", reason)
    assert row["raw"] == orjson.dumps(body)
    assert await stream("leads") == []


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=AAAA",
        typeform_signature(orjson.dumps(response(EMAIL)), "wrong"),
        typeform_signature(orjson.dumps(response(EMAIL)), SECRET).removeprefix("sha256="),
        typeform_signature(b"{}", SECRET),
        "é",
    ],
)
async def test_only_the_provider_is_heard(typeform: TypeformPost, stream: Stream, rows: Rows, signature: str) -> None:
    posted = await typeform.http.post(
        "/hooks/typeform/website",
        content=orjson.dumps(response(EMAIL)),
        headers={b"typeform-signature": signature.encode()},
    )
    assert (posted.status_code, posted.headers["content-type"]) == (401, "application/problem+json")
    assert (await stream("leads"), await rows("reject")) == ([], [])


async def test_without_a_secret_the_answer_says_what_to_set(typeform: TypeformPost) -> None:
    posted = await typeform(response(EMAIL), path="/hooks/typeform/elsewhere")
    assert posted.status_code == 401
    assert "BATON_HOOK_SECRETS to typeform/elsewhere=" in posted.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"), [("/hooks/nobody/website", 404), ("/hooks/typeform/a b", 422), ("/hooks/typeform", 404)]
)
async def test_other_addresses(typeform: TypeformPost, path: str, status: int) -> None:
    assert (await typeform(response(EMAIL), path=path)).status_code == status


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"\xff", 400, None),
        (b"[" * 100 + b"]" * 100, 400, None),
        (b"x" * 1_100_000, 413, None),
        ([], 422, ""),
        (None, 422, ""),
        ({"event_type": "form_response"}, 422, "/form_response"),
        ({"event_type": 7, "form_response": {}}, 422, "/event_type"),
        (response(EMAIL, token=""), 422, "/form_response/token"),
        (response(EMAIL, token="t" * 256), 422, "/form_response/token"),
        (response(EMAIL, hidden=[]), 422, "/form_response/hidden"),
        (response({"type": "email"}), 422, "/form_response/answers/0/field"),
        (response(*[EMAIL] * 201), 422, "/form_response/answers"),
    ],
)
async def test_hostile_bodies_are_refused_in_words(
    typeform: TypeformPost, stream: Stream, body: object, status: int, pointer: str | None
) -> None:
    posted = await typeform(body)
    assert (posted.status_code, posted.headers["content-type"]) == (status, "application/problem+json")
    if pointer is not None:
        assert posted.json()["errors"][0]["pointer"] == pointer
    assert await stream("leads") == []


async def test_strange_values_are_kept_without_harm(typeform: TypeformPost, stream: Stream) -> None:
    strange = [
        answer("a", "number", -1e300),
        answer("b", "text", "x\0y"),
        answer("c", "choice", {"label": {"deep": 1}}),
        answer("d", "choices", {"labels": [1, None, "z"]}),
        answer("e" * 500, "text", "w" * 20_000),
        answer("email", "email", {"not": "a text"}),
    ]
    assert (await typeform(response(EMAIL, *strange))).status_code == 200
    form = (await stream("leads"))[-1].data
    assert isinstance(form, EngagementRecorded.Data)
    assert (form.properties["b"], form.properties["d"]) == ("xy", ["z"])
    assert "c" not in form.properties


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(["dana@acme.com", "email"])
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
ANSWERS = st.builds(answer, TEXTS, TEXTS, VALUES)


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(sorted(PROVIDERS)), st.lists(ANSWERS, max_size=4), st.dictionaries(TEXTS, VALUES, max_size=4))
def test_whatever_is_signed_is_decided_or_refused(provider: str, answers: list[Json], more: dict[str, object]) -> None:
    body = {**more, **response(*answers, hidden=more)}
    try:
        contents = PROVIDERS[provider].read(HookRequest(f"{provider}:x", body, b""), VOCABULARY)
    except ValidationError:
        return
    assert len(contents.submissions) + len(contents.rejects) == 1
    outcome = decide(Registry(), [[read(each, VOCABULARY, NOON)] for each in contents.submissions], now=NOON)
    for fact in outcome.facts:
        assert fact.event.data_type().read(orjson.loads(wire(fact.data))) == fact.data


async def test_a_form_named_in_the_agreement_means_what_it_says_there(
    context: Context, agreement: Agreement, stream: Stream
) -> None:
    forms = agreement.events.model_copy(update={"forms": {**agreement.events.forms, "lT4Z3j": "demo_request"}})
    secrets = {"typeform/website": SecretStr(SECRET)}
    there = replace(
        context,
        agreement=agreement.model_copy(update={"events": forms}),
        settings=context.settings.model_copy(update={"hook_secrets": secrets}),
    )
    async with client(ingest_app(there)) as http:
        await TypeformPost(http)(response(EMAIL))
    assert kinds(await stream("leads")) == [None, "demo_request"]


@pytest.mark.parametrize("text", ["typeform/website=a=b,typeform/shop=c", "typeform/website=a=b\n typeform/shop=c\n"])
def test_secrets_are_pairs_of_a_list(text: str) -> None:
    settings = Settings.model_validate({"hook_secrets": text})
    secrets = {name: secret.get_secret_value() for name, secret in settings.hook_secrets.items()}
    assert secrets == {"typeform/website": "a=b", "typeform/shop": "c"}


@pytest.mark.parametrize("text", ["s3cret", "typeform=s3cret", "typeform/website=", "a/b/c=s3cret"])
def test_a_list_that_is_wrong_is_refused_without_a_trace_of_it(text: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        load_settings(hook_secrets=text)
    assert "BATON_HOOK_SECRETS" in str(refusal.value)
    assert "s3cret" not in str(refusal.value)
