"""Which single engagements a machine made: what the source says, who asked, and how soon."""

from datetime import timedelta

import pytest

from agreement import Agreement
from agreement.bots import AUTOMATIC, DELIVERY, SCANNER, SOURCE, BotRule
from agreement.readers.subjects import MailSubjectReader
from events.leads import EngagementRecorded
from testing.events import NOON, as_read

PROXY = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"
SOON, LATE = NOON + timedelta(seconds=1), NOON + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "email_open", "user_agent": PROXY}, SCANNER),
        ({"kind": "email_open", "user_agent": PROXY.upper()}, SCANNER),
        ({"kind": "email_open", "user_agent": "ggphtxcom"}, ""),
        ({"kind": "email_open", "user_agent": PROXY, "machine": False}, ""),
        ({"kind": "page_view", "user_agent": PROXY}, ""),
        ({"kind": "page_view", "machine": True}, SOURCE),
        ({"kind": "email_click", "delivered_at": NOON, "time": SOON}, DELIVERY),
        ({"kind": "email_click", "delivered_at": NOON, "time": LATE}, ""),
        ({"kind": "email_click", "delivered_at": NOON, "time": LATE, "recorded": SOON}, DELIVERY),
        ({"kind": "email_open", "delivered_at": NOON, "time": SOON}, ""),
        ({"kind": "email_reply", "properties": {"auto_submitted": "auto-replied"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"Auto-Submitted": "auto-generated"}}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "Automatic reply: Your demo"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "RE: Out of Office: back on Monday"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "Abwesenheitsnotiz"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "[EXTERNAL] Re: Out of Office"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "EXTERNAL: Automatic reply: Your demo"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"Precedence": "auto_reply"}}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"Precedence": "bulk"}}}, ""),
        ({"kind": "email_reply", "properties": {"headers": {"X-Autoreply": "yes"}}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"X-Autoreply": "no"}}}, ""),
        ({"kind": "email_reply", "properties": {"x_autoreply_from": "a@acme.com"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"Headers": {"X-Mail-Autoreply": "true"}}}, AUTOMATIC),
        (
            {"kind": "email_reply", "properties": {"headers": [{"name": "Auto-Submitted", "value": "auto-replied"}]}},
            AUTOMATIC,
        ),
        ({"kind": "email_reply", "properties": {"headers": [["X-Autorespond", "out"]]}}, AUTOMATIC),
        (
            {"kind": "email_reply", "properties": {"headers": "From: a@b.com\r\nAuto-Submitted:\r\n auto-replied"}},
            AUTOMATIC,
        ),
        ({"kind": "email_reply", "properties": {"headers": "From: a@b.com\r\nSubject: Out of office"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": "From: a@b.com\r\nSubject: Re: Your demo"}}, ""),
        ({"kind": "email_reply", "properties": {"headers": {"Return-Path": "<>"}}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"Return-Path": "<a@acme.com>"}}}, ""),
        ({"kind": "email_reply", "properties": {"headers": {"X-Auto-Response-Suppress": "All"}}}, ""),
        (
            {
                "kind": "email_reply",
                "properties": {
                    "headers": {"X-Auto-Response-Suppress": "All", "X-MS-Exchange-Inbox-Rules-Loop": "a@acme.com"}
                },
            },
            AUTOMATIC,
        ),
        (
            {"kind": "email_reply", "properties": {"content_type": "text/calendar; charset=utf-8; method=REPLY"}},
            AUTOMATIC,
        ),
        ({"kind": "email_reply", "properties": {"content_type": "text/calendar; method=REQUEST"}}, ""),
        (
            {
                "kind": "email_reply",
                "properties": {"headers": {"Content-Type": "multipart/report; report-type=disposition-notification"}},
            },
            AUTOMATIC,
        ),
        ({"kind": "email_reply", "properties": {"headers": {"Content-Type": "multipart/alternative"}}}, ""),
        ({"kind": "email_reply", "properties": {"subject": "Accepted: Demo"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "[Ticket 12] Your demo"}}, ""),
        ({"kind": "email_reply", "properties": {"auto_submitted": "no", "subject": "Re: Your demo"}}, ""),
        ({"kind": "email_reply", "properties": {"subject": "We automatically reply to nobody"}}, ""),
        ({"kind": "email_reply", "properties": {"subject": "Automatic reply"}, "machine": False}, ""),
        ({"kind": "demo_request", "properties": {"subject": "Automatic reply"}}, ""),
    ],
)
def test_why_a_machine_made_it(agreement: Agreement, fields: dict[str, object], why: str) -> None:
    given = {"name": "n", "message_id": "m", "channel": "test", **fields}
    time, recorded = given.pop("time", NOON), given.pop("recorded", None)
    fact = EngagementRecorded.fact("ann", EngagementRecorded.Data(**given), time=time)  # type: ignore[arg-type]
    event = as_read(fact, recorded=recorded or time)  # type: ignore[arg-type]
    assert isinstance(event, EngagementRecorded)
    assert BotRule.of(agreement.events).judge(event) == why


AUTOMATIC_SUBJECTS = """
    Out of office
    OOO
    [OOO] Re: Your proposal
    (Out of office) Your proposal
    OOO until Monday Re: Your proposal
    Out of Office AutoReply: Your proposal
    Automatic reply: Re: Out of sight
    I'm out of the office - Re: Your proposal
    I am currently out of the office until 3 May
    Re: Out of office 24 December
    On vacation!
    Undeliverable: Your proposal
    Delivery Status Notification (Failure)
    Mail delivery failed: returning message to sender
    Abwesenheit bis 12.3.
    Réponse automatique : Votre demande
    Absence du bureau jusqu’au 5 mai
    Respuesta automática: Su propuesta
    Автоответ: Re: Ваше предложение
    自动回复: 您的报价
    自動返信：Re: ご提案
    자동 회신: 제안
    Vacation Alert: Re: Your demo
    Automatisch antwoord: Uw voorstel
    Abwesend bis 12.3.
    Abwesend
    AW: Abwesend vom 1. bis 12. Mai
    Urlaub
    Urlaub bis 12.3.
    [EXTERN] Urlaub
    EXTERN: Urlaub: Re: Ihr Angebot
    Vacation
    Vacation until 3 May
    Annual leave 24.12. - 2.1.
    Vacances
    Congés jusqu’au 5 mai
    Vacaciones hasta el 5 de mayo
    Férias
    Ferie dal 5 al 12 maggio
    Vakantie tot 5 mei
    Semester
    Urlop
    Urlaub bis Montag: AW: Passt Ihnen Dienstag?
    RE: Thank you for your email - I'm away
    Thanks for your message: we are on holiday until 3 May
    Re: Thank you for your email. I am currently out of the office
    AW: Vielen Dank für Ihre Nachricht, ich bin im Urlaub
    Merci pour votre message - absent jusqu’au 5 mai
    Gracias por su correo, estoy de vacaciones
    Vacation, back on Monday
    Urlaub, bis 12.3.
    Annual leave, out of office
    Urlaub ab 12.3.
    Vacation, Re: Your offer
    Vacation - Re: Your offer
    Vacation - back on Monday
    Urlaub – bis 12.3.
    AUTO: Jane Doe is out of the office (returning 11/12/2026)
    AUTO: Bob is away
    Re: AUTO: Bob Miller is on vacation until 3 May
    AUTO: Max Mustermann ist im Urlaub. (Rückkehr am 12.11.2026)
""".strip().splitlines()
SUBJECTS_OF_PEOPLE = """
    Re: OOO dashboards question
    Out of office worker safety: a quote, please
    On leave management and your pricing
    Automatic replies in your product
    Automatic reply rates question
    Re: Question about the out of office rule
    On holiday pricing
    Absence management demo
    Undeliverable parcels report
    Bounce handling
    Re: Urlaub
    Re: Urlaub in Italien
    Urlaub in Italien
    AW: Urlaub ab 299 Euro
    Urlaubsverwaltung: Ihr Angebot
    Re: Vacation
    Vacation rentals: a question
    Holiday season offer
    RE: [EXTERNAL] Holidays
    Semester start and your students
    Re: Vacaciones en Mallorca
    Wer ist abwesend?
    Abwesende Kollegen im Kalender
    Holidays: can we move the demo?
    Urlaub?
    Away next week - could you call on Monday? Re: your offer
    Vacation, quick question
    Vacation - quick question
    Urlaub – kurze Frage zum Angebot
    Urlaub, kurze Frage zum Angebot
    Urlaub ab 299 Euro
    Urlaub ab 299€
    Vacation from $299
    On holiday from £299
    Vacances 20% moins chères
    Thank you for your email
    Re: Thank you for your email - a question on pricing
    Re: Thank you for your email - away team colours
    Re: Thanks for your message: are you away?
    Thank you for your email, back to the offer
    AUTO: a quote for ten vans, please
    AUTO: holiday cars
    Auto: Bob is away from the wheel
    Auto
""".strip().splitlines()


@pytest.mark.parametrize(
    ("subject", "automatic"),
    [*((one.strip(), True) for one in AUTOMATIC_SUBJECTS), *((one.strip(), False) for one in SUBJECTS_OF_PEOPLE)],
)
def test_a_subject_is_automatic_by_what_it_says_and_not_by_a_word_in_it(
    agreement: Agreement, subject: str, automatic: bool
) -> None:
    assert MailSubjectReader(agreement.events.machines).is_automatic(subject) is automatic
