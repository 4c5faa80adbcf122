"""`baton sign-in ADDRESS`: a link for somebody of the agreement, where no mail server is there to send it yet."""

from typing import Annotated

import typer

from agreement import load
from agreement.people import People
from runtime.database.connect import admin
from runtime.errors import Misconfigured
from runtime.http.audit import AuditEntry, add_entries
from runtime.http.sign_in_links import make_link
from runtime.settings import load_settings
from standalone.address import address_of
from standalone.connect import database
from standalone.run import Data, run


def sign_in(
    address: Annotated[str, typer.Argument(help="Mail address of a rep, or of one of `people` in teams.yaml.")],
    data: Data = None,
) -> None:
    """A link that signs somebody in: once, within 15 minutes. For a house that sends no mails yet."""

    async def work() -> int:
        settings = load_settings(data=data)
        user = People(load(settings.agreement).teams).user_of_email(address)
        if user is None:
            raise Misconfigured(f"the agreement knows nobody with the address {address}: see teams.yaml")
        async with database(settings) as dsn, admin(dsn) as connection, connection.begin():
            token = await make_link(connection, user.id, None)
            await add_entries(
                connection, [AuditEntry("baton sign-in", "machine", "made a link to sign in", user.id, "", "")]
            )
        typer.echo(f"{address_of(settings)}/sign-in/link/{token}")
        return 0

    run(work())
