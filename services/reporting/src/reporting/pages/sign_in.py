"""Who you are: the sign-in page, links by mail, the provider, the switcher of one's own machine, and signing out.

Every answer to an address is the same, whether or not anybody works here under it. A session begins with a new secret,
never with one that the browser brought.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from agreement.people import User
from reporting.deliver import SignInMailer
from reporting.pages.frame import CastMember, home_of, role_words
from reporting.pages.page_router import PageRouter
from reporting.reports.report import open_scope
from runtime.errors import Refused
from runtime.http.access import client_ip, near, same_origin, signed_in
from runtime.http.audit import AuditEntry, add_entries
from runtime.http.login import NotSignedIn, login_provider
from runtime.http.problems import Forbidden
from runtime.http.sessions import Manner, end_session, open_session
from runtime.http.sign_in_links import count_attempt, look_at_link, make_link, use_link
from runtime.http.tokens import LINK_LIFE, LONGEST, VISIT_LIFE, brings, cookie_name, derived, draw, local_path

_MOST: Final = 4096
_LONGEST_ADDRESS: Final = 320
Endpoint = Callable[[Request], Awaitable[Response]]


class ExpiredLink(Refused):
    """This link was used before, or is too old."""

    status = 410


class SignInPages:
    """The routes of signing in, on the context of the pages."""

    def __init__(self, pages: PageRouter) -> None:
        context = pages.context
        self._pages = pages
        self._settings = context.settings
        self._database = context.database
        self._people = pages.renderer.people
        self._mailer = SignInMailer(
            context.settings, context.agreement.notices.sender, context.agreement.definitions.house.name
        )
        self._provider = login_provider(context.settings)
        self._cookie = cookie_name(context.settings.url, "session")
        self._visit = cookie_name(context.settings.url, "visit")

    def add(self) -> None:
        """Adds the routes."""
        self._route("GET", "/sign-in", self.show)
        self._route("POST", "/sign-in", self.ask)
        self._route("GET", "/sign-in/link/{token}", self.look)
        self._route("POST", "/sign-in/link/{token}", self.use)
        self._route("GET", "/sign-in/oidc", self.leave)
        self._route("GET", "/sign-in/oidc/back", self.come_back)
        self._route("POST", "/sign-in/as", self.switch)
        self._route("POST", "/sign-out", self.sign_out)

    def _route(self, method: str, path: str, answer: Endpoint) -> None:
        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request)
            except Refused as refusal:
                return await self._page(
                    request, "problem.html", refusal.status, title=refusal.title, detail=refusal.detail
                )

        self._pages.routes.add_api_route(
            path, endpoint, methods=[method], response_model=None, name=f"sign_in {method} {path}"
        )

    async def show(self, request: Request) -> Response:
        """The form; for whoever is at this machine also whom one may be."""
        return await self._visited(request, "sign_in.html", step="ask")

    async def ask(self, request: Request) -> Response:
        """A link is mailed to the address, if somebody signs in with it; the page does not say whether."""
        form = await self._form(request)
        address = form.get("email", "").strip()[:_LONGEST_ADDRESS]
        async with self._database.begin() as tx:
            await count_attempt(tx, address.lower(), client_ip(request))
        user = self._people.user_of_email(address) if address else None
        following = local_path(form.get("next"))
        if near(request) and self._mailer.outbox:
            link = await self._mail(user, following) if user else None
            return await self._visited(request, "sign_in.html", step="sent", address=address, link=link)
        answer = await self._visited(request, "sign_in.html", step="sent", address=address, link=None)
        answer.background = BackgroundTask(self._mail, user, following) if user else None
        return answer

    async def _mail(self, user: User, following: str | None) -> str:
        async with self._database.begin() as tx:
            token = await make_link(tx, user.id, following)
        link = f"{self._settings.url}/sign-in/link/{token}"
        await self._mailer.send(user, link)
        return link

    async def look(self, request: Request) -> Response:
        """Whom the link signs in, and a button: opening it changes nothing. Raises ExpiredLink."""
        async with self._database.begin() as tx:
            await count_attempt(tx, "", client_ip(request))
            link = await look_at_link(tx, request.path_params["token"])
        user = self._people.user(link.person) if link else None
        if user is None:
            raise ExpiredLink("ask for a new one on the page “Sign in”")
        return await self._visited(request, "sign_in.html", step="link", user=user, role=role_words(user))

    async def use(self, request: Request) -> Response:
        """Signs in, once. Raises ExpiredLink."""
        await self._form(request)
        async with self._database.begin() as tx:
            link = await use_link(tx, request.path_params["token"])
        user = self._people.user(link.person) if link else None
        if link is None or user is None:
            raise ExpiredLink("ask for a new one on the page “Sign in”")
        return await self._enter(request, user, "mail", link.next)

    async def leave(self, request: Request) -> Response:
        """To the provider."""
        visit = request.cookies.get(self._visit)
        if self._provider is None or visit is None:
            return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        answer = RedirectResponse(await self._provider.begin(visit), HTTPStatus.SEE_OTHER)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def come_back(self, request: Request) -> Response:
        """From the provider, which vouches for a mail address. Raises NotSignedIn, ProviderAway."""
        visit, given = request.cookies.get(self._visit), request.query_params
        if self._provider is None or visit is None or not brings(given.get("state"), visit, "state"):
            raise NotSignedIn("this did not begin on the page “Sign in” of this browser; begin there")
        if not given.get("code"):
            raise NotSignedIn("the provider sent nobody")
        async with self._database.begin() as tx:
            await count_attempt(tx, "", client_ip(request))
        user = self._people.user_of_email(await self._provider.finish(visit, given["code"]))
        if user is None:
            raise NotSignedIn("the agreement knows nobody with this mail address (teams.yaml)")
        return await self._enter(request, user, "oidc", None)

    async def switch(self, request: Request) -> Response:
        """On one's own machine: to be somebody of the agreement, or again who may do everything."""
        if not near(request) or not same_origin(request):
            raise Forbidden("only whoever is at the machine of an embedded house may choose whom to be")
        form = await self._fields(request)
        user = self._people.user(form.get("person"))
        if user is None:
            return await self._leave_session(request, local_path(form.get("next")) or "/")
        return await self._enter(request, user, "switch", None)

    async def sign_out(self, request: Request) -> Response:
        """The session is over, everywhere and at once."""
        somebody = await signed_in(request)
        form = await self._fields(request)
        if somebody is not None and not brings(form.get("form_token"), request.cookies.get(self._cookie), "form"):
            raise Forbidden("this came from a page that is not ours")
        return await self._leave_session(request, "/sign-in")

    async def _enter(self, request: Request, user: User, manner: Manner, following: str | None) -> Response:
        async with self._database.begin() as tx:
            secret = await open_session(tx, user.id, manner, instead_of=request.cookies.get(self._cookie))
            await add_entries(tx, [self._entry(request, user.id, manner, "signed in")])
        answer = RedirectResponse(
            following or home_of(user), HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"}
        )
        self._set(answer, self._cookie, secret, int(LONGEST.total_seconds()))
        self._set(answer, self._visit, "", 0)
        return answer

    async def _leave_session(self, request: Request, where: str) -> Response:
        secret, somebody = request.cookies.get(self._cookie), await signed_in(request)
        if secret and somebody is not None:
            async with self._database.begin() as tx:
                await end_session(tx, secret)
                await add_entries(tx, [self._entry(request, somebody.name, somebody.manner, "signed out")])
        answer = RedirectResponse(where, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
        self._set(answer, self._cookie, "", 0)
        return answer

    def _entry(self, request: Request, who: str, manner: str, action: str) -> AuditEntry:
        return AuditEntry(who, manner, action, "", str(request.scope.get("request_id", "")), client_ip(request))

    def _set(self, answer: Response, name: str, value: str, seconds: int) -> None:
        secure = self._settings.url.startswith("https://")
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")

    async def _form(self, request: Request) -> dict[str, str]:
        """The fields of a form of this browser's visit. Raises Forbidden for one that came from elsewhere."""
        form = await self._fields(request)
        if not same_origin(request) or not brings(form.get("form_token"), request.cookies.get(self._visit), "form"):
            raise Forbidden("this form is too old, or came from elsewhere; open the page “Sign in” and try again")
        return form

    async def _fields(self, request: Request) -> dict[str, str]:
        body = await request.body()
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)) if len(body) <= _MOST else {}

    async def _visited(self, request: Request, name: str, **values: Any) -> Response:
        """A page whose forms are bound to this browser by a cookie of their own."""
        visit = request.cookies.get(self._visit) or draw()
        cast = self._people.users() if near(request) else ()
        choices = [CastMember(one.id, one.name, role_words(one), False) for one in cast]
        shown = {"visit_token": derived(visit, "form"), "provider": self._provider is not None, "choices": choices}
        minutes = LINK_LIFE // timedelta(minutes=1)
        following = local_path(request.query_params.get("next")) or ""
        answer = await self._page(request, name, 200, next=following, minutes=minutes, **shown, **values)
        self._set(answer, self._visit, visit, int(VISIT_LIFE.total_seconds()))
        return answer

    async def _page(self, request: Request, name: str, status: int, **values: Any) -> Response:
        async with open_scope(self._pages.context) as scope:
            return self._pages.renderer.page(request, name, scope.now, status, **values)
