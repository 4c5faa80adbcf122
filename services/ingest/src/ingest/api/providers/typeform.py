"""Typeform: each form sent is one response, signed with the secret that was typed in beside the webhook's address."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from ingest.api.contents import Contents
from ingest.api.providers.provider import HookRequest, Provider
from ingest.decide import Vocabulary, instant
from ingest.decide.submissions import LONGEST_ID, FormSubmitted
from ingest.decide.traits import LONGEST_VALUE
from ingest.store import Reject

MOST_ANSWERS: Final = 200
AnswerValue = str | int | float | bool | list[str]


class TypeformQuestion(BaseModel):
    """The question that an answer belongs to."""

    id: str = ""
    ref: str = ""
    """Name that the form's author gives a question; titles change, so nothing goes by them."""


class TypeformAnswer(BaseModel):
    """The value stands under the name of its type: `{"type": "email", "email": "dana@acme.com"}`."""

    model_config = ConfigDict(extra="allow")

    type: str
    field: TypeformQuestion

    @property
    def value(self) -> AnswerValue | None:
        """A choice's label, several choices' labels; None for what is no form field: files, payments."""
        given = (self.model_extra or {}).get(self.type)
        if isinstance(given, dict):
            given = given.get("label", given.get("labels"))
        if isinstance(given, list):
            return [text[:LONGEST_VALUE] for text in given if isinstance(text, str)]
        if isinstance(given, str):
            return given[:LONGEST_VALUE]
        return given if isinstance(given, int | float) else None


class TypeformResponse(BaseModel):
    """One person's answers to one form."""

    form_id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    token: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    """Of this response: deliveries of the same one, by hand too, are one submission."""
    submitted_at: str | None = None
    hidden: dict[str, Any] = Field(default_factory=dict)
    """Fields of the page around the form: `utm_source`, `anonymous_id`, ..."""
    answers: Annotated[list[TypeformAnswer], Field(max_length=MOST_ANSWERS)] = []


class TypeformWebhook(BaseModel):
    """What Typeform posts; only `form_response` events are submissions."""

    event_type: str
    form_response: TypeformResponse


def verify(raw: bytes, headers: Mapping[str, str], secret: bytes) -> bool:
    """`Typeform-Signature: sha256=` and the body's HMAC-SHA256 in base64."""
    digest = base64.b64encode(hmac.new(secret, raw, hashlib.sha256).digest())
    given = headers.get("typeform-signature", "").encode("latin-1", "replace")
    return hmac.compare_digest(b"sha256=" + digest, given)


def read(request: HookRequest, vocabulary: Vocabulary) -> Contents:
    """A complete response that names a person is a form; what is not is put aside."""
    webhook = TypeformWebhook.model_validate(request.body)
    response = webhook.form_response
    fields, email = _fields(response, vocabulary)
    email = vocabulary.email(fields) or email
    anonymous = vocabulary.identifier(fields.pop("anonymous_id", None))
    if webhook.event_type != "form_response":
        reason: str | None = f"a {webhook.event_type[:40]}, not a form_response"
    else:
        reason = "no e-mail address and no anonymous_id" if email is None and anonymous is None else None
    if reason is not None:
        return Contents(rejects=[Reject(request.source, response.token, reason, request.raw)])
    submitted = FormSubmitted(
        source=request.source,
        message_id=response.token,
        channel="typeform",
        learned_from="form",
        name=response.form_id,
        fields=fields,
        email=email,
        anonymous=anonymous,
        original=instant(response.submitted_at),
        exact=True,
        raw=request.raw,
    )
    return Contents([submitted])


def _fields(response: TypeformResponse, vocabulary: Vocabulary) -> tuple[dict[str, AnswerValue], str | None]:
    """Hidden fields and answers by name, and the first address among the answers to questions for one."""
    fields: dict[str, AnswerValue] = {
        name: value[:LONGEST_VALUE] for name, value in response.hidden.items() if isinstance(value, str)
    }
    email = None
    for answer in response.answers:
        name = answer.field.ref or answer.field.id
        if name and (value := answer.value) is not None:
            fields[name[:LONGEST_ID]] = value
            email = email or (vocabulary.address(value) if answer.type == "email" else None)
    return fields, email


TYPEFORM: Final = Provider(verify, read)
