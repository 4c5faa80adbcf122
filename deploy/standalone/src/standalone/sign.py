"""`baton sign ADDRESS SIDE`: a signature under an edited agreement, for when no house can open that has the page."""

from typing import Annotated

import typer

from agreement import Agreement, load
from agreement.people import SIGNERS, People
from events.vocabulary import Side
from runtime import signatures
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.errors import Misconfigured
from runtime.http.audit import AuditEntry, add_entries
from runtime.settings import load_settings
from standalone.connect import database
from standalone.run import Data, run


def sign(
    address: Annotated[str, typer.Argument(help="Mail address of who signs: a rep, or one of `people` in teams.yaml.")],
    side: Annotated[Side, typer.Argument(help="For which side.")],
    data: Data = None,
) -> None:
    """Sign the edited agreement for somebody beside you, when no house opens to do it on its page /agreement.

    Nobody signs for two sides.
    """

    async def work() -> int:
        settings = load_settings(data=data)
        folder = load(settings.agreement)
        async with database(settings) as dsn, admin(dsn) as tx, tx.begin():
            typer.echo(await _sign(tx, folder, address, side))
        return 0

    run(work())


async def _sign(tx: Connection, folder: Agreement, address: str, side: Side) -> str:
    """Returns who is to sign yet, in words. Raises Misconfigured, AlreadySigned."""
    try:
        agreed = await signatures.last_agreed(tx, folder)
    except Misconfigured:  # of an agreement that cannot be read nobody knows the people
        agreed = folder
    user = People(agreed.teams).user_of_email(address)
    if user is None or not user.signs_for(side):
        roles = ", ".join(sorted(SIGNERS[side]))
        raise Misconfigured(f"{address} is nobody who may sign for {side}: see teams.yaml; it takes {roles}")
    waiting = await signatures.unsigned(tx, folder, agreed)
    if waiting is None or side not in waiting.sides:
        raise Misconfigured(f"version {folder.version} does not wait for a signature for {side}")
    await signatures.sign(tx, folder, side, user.id)
    signed = f"signed the agreement for {side}"
    await add_entries(tx, [AuditEntry("baton sign", "machine", signed, folder.version, "", "", user.id)])
    missing = signatures.in_words(await signatures.signatures(tx, folder), waiting.sides, waiting.signers)
    return f"Signed version {folder.version} for {side}. " + (
        f"It is yet to be signed {missing}." if missing else "All have signed: it may come into force."
    )
