"""POST /hooks/{provider}/{source}: webhooks of other tools, each with its signature."""

from typing import Annotated, ClassVar, Final

from fastapi import APIRouter, Path, Request
from pydantic import ValidationError

from ingest.api.bodies import parsed
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.api.providers import PROVIDERS
from ingest.api.providers.provider import HookRequest
from ingest.intake import Intake
from runtime.errors import InputProblem, Refused
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Malformed, Unauthorised, pointer
from runtime.settings import Settings

MOST_PROBLEMS: Final = 20
HookSource = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="which account or site: website")
]


class UnknownProvider(Refused):
    """Webhooks of this provider are not read here."""

    status: ClassVar[int] = 404


def router(intake: Intake, settings: Settings) -> APIRouter:
    """`POST /hooks/{provider}/{source}`: webhooks of the providers, each signed with its secret."""
    routes = APIRouter(route_class=LazyRoute, tags=["in"], dependencies=[counted(intake)])

    @routes.post("/hooks/{provider}/{source}", summary="A provider's webhook, signed", openapi_extra=_OPENAPI)
    async def hook(provider: str, source: HookSource, request: Request) -> Acceptance:
        """Signature first, on the bytes as they came; then the shape. What cannot be used is kept with its reason."""
        known = PROVIDERS.get(provider)
        if known is None:
            raise UnknownProvider(f"there are: {', '.join(PROVIDERS)}")
        secret = settings.hook_secrets.get(f"{provider}/{source}")
        if secret is None:
            raise Unauthorised(f"set BATON_HOOK_SECRETS to {provider}/{source}=SECRET, and restart")
        raw = await request.body()
        if not known.verify(raw, request.headers, secret.get_secret_value().encode()):
            raise Unauthorised(f"the signature is not {provider}'s, or made with another secret")
        try:
            contents = known.read(HookRequest(f"{provider}:{source}", parsed(raw), raw), intake.vocabulary)
        except ValidationError as error:
            raise Malformed(errors=_problems(error)) from None
        return acceptance(await intake.submit(contents.submissions, rejects=contents.rejects, lenient=True))

    return routes


def _problems(error: ValidationError) -> list[InputProblem]:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return [{"pointer": pointer(one["loc"]), "detail": one["msg"]} for one in problems[:MOST_PROBLEMS]]


_OPENAPI: Final = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
}
