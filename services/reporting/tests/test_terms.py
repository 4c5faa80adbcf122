"""The terms of an agreement are made once, and never those of another."""

from agreement import Agreement
from reporting.decide import Terms


def test_terms_are_kept_for_one_agreement_and_are_its_own(agreement: Agreement) -> None:
    bands = agreement.routing.urgency[:1]
    other = agreement.model_copy(update={"routing": agreement.routing.model_copy(update={"urgency": bands})})
    for one in (agreement, other, agreement):
        terms = Terms.of(one)
        assert terms.routing is one.routing
        assert Terms.of(one) is terms
