"""What is asked before marketing writes to a person: whether that person wants none, and how many mails it had."""

from datetime import datetime
from typing import Final

from events.leads import MailSent
from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CONSENT_AND_MAILS: Final = statement(f"""
    SELECT coalesce((SELECT body -> 'facts' ->> 'unsubscribed' FROM standing WHERE lead = :lead), 'false') = 'true'
               AS unsubscribed,
           (SELECT count(*) FROM story
            WHERE lead = :lead AND type = '{MailSent.type_name()}' AND at >= :start AND at < :end) AS sent
""")  # noqa: S608


async def consent_and_mails(tx: Connection, lead: str, start: datetime, end: datetime) -> DatabaseRow:
    """Whether the person wants no mail, and the mails sent from `start` until before `end`."""
    return (await select(tx, _CONSENT_AND_MAILS, {"lead": lead, "start": start, "end": end}))[0]
