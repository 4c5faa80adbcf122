"""Subjects of replies in six languages: what programs write, and what people write that looks like it."""

import pytest

from agreement import Agreement
from agreement.readers.subjects import MailSubjectReader

OF_PROGRAMS = """
    Bob Miller is out of the office.
    Bob Miller is out of the office Re: Your demo
    Bob is currently away until 3 May
    Not in the office until Monday
    I will be out of the office until 3 May
    Jane Doe will be out of the office until Monday
    Your message has been received
    Support ticket created [#123]
    Ticket #123: we received your request
    Case 00123 - We have received your inquiry
    [#4711] Request received
    [Request received] Your demo
    [Ticket#2026112710] Your ticket has been received
    Your request (#4711) has been received
    INC0012345: Your e-mail has been received
    Thank you for your message. We have received your request
    Request received: Re: Your demo
    Read: Pricing
    [EXTERNAL] Read: Pricing
    Gelesen: Angebot
    Not read:
    Not read: Our proposal
    Delayed:
    Delivery delayed: Your proposal
    I no longer work at Acme
    I no longer work at Acme Corp.
    Jane has left the company
    Jane Doe has left Acme Inc.
    Jane Doe is no longer with the company
    Jane Doe no longer works at Müller & Söhne GmbH
    No longer works here
    No longer with Acme: please contact bob@acme.com
    Accepted: Demo
    Accepted: Demo @ Tue Nov 24, 2026 10am - 11am (CET) (bob@acme.com)
    Accepted: Let's talk @ Tue Nov 24, 2026 10am - 11am (CET) (bob@acme.com)
    Declined:
    Declined: Re: Demo
    Tentative: Demo
    Tentatively Accepted: Demo @ Tue Nov 24, 2026
    Canceled: Demo
    Cancelled: Demo
    Canceled event: Demo @ Tue Nov 24, 2026 10am
    Zugesagt: Demo
    Abgesagt: Demo
    Mit Vorbehalt: Demo
    Abgelehnt: Vorstellung des Angebots
    Max Mustermann ist im Urlaub
    Frau Dr. Schmidt ist bis 3. Mai nicht im Büro
    Nicht im Büro bis Montag
    Ihre Anfrage ist bei uns eingegangen
    [Ticket 4711] Wir haben Ihre Nachricht erhalten
    Eingangsbestätigung
    Max Mustermann arbeitet nicht mehr bei Acme
    Ich arbeite nicht mehr bei der Acme GmbH
    Max Mustermann hat das Unternehmen verlassen
    Accepté : Démo
    Refusé : Démo
    Provisoire : Démo
    Annulé : Démo
    Lu : Devis
    Non lu : Devis
    Jean Dupont est absent jusqu’au 5 mai
    Nous avons bien reçu votre message
    Accusé de réception : Re: Devis
    Marie Curie a quitté l'entreprise
    Je ne travaille plus chez Acme
    Aceptado: Demo
    Rechazada: Demo
    Provisional: Demo
    Cancelado: Demo
    Leído: Presupuesto
    No leído: Presupuesto
    Hemos recibido su solicitud
    Juan García está de vacaciones
    Ya no trabajo en Acme
    Geaccepteerd: Demo
    Afgewezen: Demo
    Voorlopig: Demo
    Geannuleerd: Demo
    Gelezen: Offerte
    Niet gelezen: Offerte
    We hebben uw bericht ontvangen
    Jan de Vries is niet op kantoor
    Ik werk niet meer bij Acme
    Accettato: Demo
    Rifiutata: Demo
    Provvisorio: Demo
    Annullato: Demo
    Letto: Preventivo
    Abbiamo ricevuto la sua richiesta
    Maria Rossi è in ferie
    Non lavoro più in Acme
    Aceite: Demo
    Aceito: Demo
    Recusado: Demo
    Provisório: Demo
    Cancelada: Demo
    Lida: Proposta
    Não lida: Proposta
    Recebemos a sua mensagem
    João Silva está de férias
    Não trabalho mais na Acme
    Automatic reply: Can we talk?
    Out of the office, I'll be back on Monday
    We received your message
    Ungelesen: Angebot
    Gelezen: Re: Offerte
    Accepted: Coffee? @ Tue Nov 24, 2026 10am
    [Request received] Re: Your demo
    Maria Rossi non lavora più presso Acme
    Jan Jansen werkt niet meer bij Acme B.V.
""".strip().splitlines()
OF_PEOPLE = """
    Re: Accepted: our offer?
    Accepted: our offer?
    Accepted!
    Accepted
    Accepted: We take the offer
    Accepted: your price of $299
    Declined: we went with another vendor
    Declined: can we do Tuesday instead?
    Declined: Can we do Tuesday instead?
    Not in the office budget, but let's talk
    Not in the office until Monday, but let's talk
    Not in the office today, can we talk on Monday?
    Out of office until Monday - but call me
    Vacation - quick question
    We received your proposal, when can we talk?
    We received your message, when can we talk?
    Re: Your message has been received
    Re: [Request received] Your demo
    Re: Request received
    Request received from your colleague
    Request for a quote received
    Message received, let's talk
    Read: this made me think of you
    Read: This made me think of you
    Re: Read: Pricing
    Reading list
    Read your proposal: a question
    Delayed: our decision on your offer
    Delayed decision
    Tentative plan: demo in May
    Tentative dates for the demo
    Canceled our contract with X, can we talk?
    New Time Proposed: Demo
    Invitation: Demo @ Tue Nov 24, 2026 10am
    I no longer work at Acme, but my new company needs you
    I no longer work at a desk
    Re: Jane has left the company
    Jane has left the company, I took over
    Jane has left the company - can we talk?
    Our CFO has left the company
    My boss is out of the office, call me instead
    My boss is out of the office
    Jane is out of the office, I can decide
    Re: Bob Miller is out of the office
    Who is out of the office
    Is Bob out of the office?
    Ticket #123: we need a quote
    Ticket prices
    [#4711] Your demo
    [#4711] A question
    Lu et approuvé : devis
    Lu : votre offre nous intéresse
    Gelesen: das interessiert uns
    Gelesen und für gut befunden
    Zugesagt: wir nehmen das Angebot
    Wir haben Ihr Angebot erhalten
    Wir haben Ihr Angebot erhalten, wann können wir sprechen?
    Hemos recibido su propuesta
    Aceptado: queremos la oferta
    Accettato: procediamo
    Geaccepteerd: we willen de offerte
    Aceito: vamos em frente
    AW: Zugesagt: Demo
    No longer at this price
    No longer with spreadsheets
    Out of Office - Can we talk?
    Out of Office, can we talk on Friday?
    No me leído: nada
    Read: quick question
    Not read: Can we talk?
    Nessuno è in ufficio
    Nous avons bien reçu votre offre, quand pouvons-nous parler ?
    Abbiamo ricevuto la sua proposta
    Recebemos a sua proposta, podemos falar?
    We hebben uw offerte ontvangen, wanneer kunnen we praten?
    Provisional budget for 2027
    Re: Delayed: Your proposal
    Leído: me interesa
    Letto: ci interessa
    Gelezen: dit is interessant
""".strip().splitlines()


@pytest.mark.parametrize(
    ("subject", "automatic"),
    [*((one.strip(), True) for one in OF_PROGRAMS), *((one.strip(), False) for one in OF_PEOPLE)],
)
def test_a_machines_answer_is_nobodys_and_a_person_who_writes_alike_is_heard(
    agreement: Agreement, subject: str, automatic: bool
) -> None:
    assert MailSubjectReader(agreement.events.machines).is_automatic(subject) is automatic


@pytest.mark.parametrize(
    "subject",
    ["Bob Miller is out of the office", "Request received", "Accepted: Demo", "Jane has left the company", "Urlaub"],
)
@pytest.mark.parametrize("front", ["Re: ", "AW: ", "[EXTERNAL] Re: "])
def test_who_answers_what_a_program_wrote_is_a_person(agreement: Agreement, subject: str, front: str) -> None:
    reader = MailSubjectReader(agreement.events.machines)
    assert (reader.is_automatic(subject), reader.is_automatic(front + subject)) == (True, False)


def test_an_agreement_without_the_words_finds_none(agreement: Agreement) -> None:
    """One that was kept before has no list of receipts, labels and departures."""
    fewer = ("letters", "receipts", "labels", "sentences", "no_names", "departures", "turns")
    reader = MailSubjectReader(agreement.events.machines.model_copy(update=dict.fromkeys(fewer, ())))
    assert [
        one for one in ("Read: Pricing", "Request received", "I no longer work at Acme") if reader.is_automatic(one)
    ] == []
    assert reader.is_automatic("Out of office")


def test_what_is_read_and_kept_of_a_subject_does_not_grow_with_it(agreement: Agreement) -> None:
    """A subject of blanks alone would be walked once for each of them, and each reader keeps thousands of subjects."""
    reader = MailSubjectReader(agreement.events.machines)
    read = [
        reader.is_automatic(f"{front}Out of office{' more' * 300}{end}") for front in ("", "\xa0" * 50) for end in "ab"
    ]
    assert read == [False] * 4
    assert not reader.is_automatic(" " * 900) | reader.is_automatic("\t\xa0" * 400)
    assert reader.cache_size == 2 + 1
