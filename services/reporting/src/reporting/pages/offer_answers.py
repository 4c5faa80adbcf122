"""The page behind a button of a mail: it posts the answer to ingest. Opening it changes nothing."""

from fastapi import Request
from fastapi.responses import Response

from reporting.pages.page_router import PageRouter
from reporting.reports.report import open_scope
from reporting.store.offer import offer_state
from runtime.http.access import Caller, near, signed_in
from runtime.http.offer_links import ExpiredButton, read_offer_token


def add_offer_answers(pages: PageRouter) -> None:
    """Adds `GET /a/{token}/{answer}`, open to whoever has the mail."""
    secret = pages.context.settings.secret
    titles = {"accept": "Accept", "reject": "Reject"}

    async def page(request: Request) -> Response:
        answer = request.path_params["answer"]
        request.state.caller = await signed_in(request) or (Caller(None) if near(request) else None)
        async with open_scope(pages.context) as scope:
            token = request.path_params["token"]
            link = read_offer_token(secret.get_secret_value(), token, scope.now) if secret else None
            offer = await offer_state(scope.tx, link.lead, link.assignment) if link else None
            if link is None or offer is None or answer not in titles:
                return await pages.refusal(request, ExpiredButton("answer on the lead's page, or in your inbox"))
            shown = pages.renderer.page(
                request,
                "offer_answer.html",
                scope.now,
                offer=offer,
                answer=answer,
                button=titles[answer],
                done="done" in request.query_params,
                wrong="wrong" in request.query_params,
                reasons=[one for one in scope.agreement.routing.reject_reasons if one.chosen_by_rep],
            )
        shown.headers["Referrer-Policy"] = "no-referrer"  # the address itself is the right to answer
        return shown

    pages.routes.add_api_route("/a/{token}/{answer}", page, methods=["GET"], response_model=None)
