"""How a transaction reads: planned how, and with whose eyes: PostgreSQL leaves out what this person may not see."""

from typing import Final

from agreement.people import User
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.schema_names import role_of

_VIEWER: Final = role_of("viewer")
_READ_AS: Final = statement("""
    SELECT set_config('baton.rep', :rep, true), set_config('baton.pools', :pools, true),
           set_config('baton.partner', :partner, true), set_config('role', :role, true)
""")

_MUCH: Final = """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '32MB', true),
           set_config('random_page_cost', '1.1', true), set_config('max_parallel_workers_per_gather', '0', true)
"""
_READ_MUCH: Final = statement(_MUCH)
_READ_TO_DRAW: Final = statement(f"""
    {_MUCH.strip()},
    set_config('idle_in_transaction_session_timeout', '60s', true), set_config('transaction_timeout', '60s', true)
""")


async def read_much(tx: Connection) -> None:
    """To the end of the transaction each statement is planned with its values (D94).

    Filters that are not given are no conditions then, days and names are estimated as what they are, and tables of
    which nothing is asked are not read. A plan for all values takes each filter for one lead in two hundred.
    """
    await tx.execute(_READ_MUCH)


async def read_to_draw(tx: Connection) -> None:
    """The same, for what is drawn meanwhile: it keeps no row from anybody, so a minute may pass on a busy machine."""
    await tx.execute(_READ_TO_DRAW)


async def read_as(tx: Connection, user: User) -> None:
    """To the end of the transaction: a rep's own work and the pools', a partner's own leads, and no writing."""
    given = {"rep": user.id if user.rep else "", "pools": ",".join(user.pools), "partner": user.partner or ""}
    await tx.execute(_READ_AS, {**given, "role": _VIEWER})
