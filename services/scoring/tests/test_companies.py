"""Which company a lead is of: shared domains are nobody's, contradicting names are never one (domain, section 2)."""

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer


def test_a_shared_domain_is_nobodys_company(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="ann@privaterelay.appleid.com", company="Umbrella"))
    assert (scorer.standing().facts.domain, scorer.standing().facts.soft) == (None, ("free_mail",))
    for site in ("https://www.linkedin.com/company/umbrella", "umbrella.wixsite.com", "https://facebook.com/umbrella"):
        scorer.read(events.updated(days=1, domain=site))
        assert (scorer.standing().facts.domain, scorer.standing().facts.soft) == (None, ("free_mail",))
    scorer.read(events.updated(days=2, domain="shop.umbrella.co.uk"))
    assert (scorer.standing().facts.domain, scorer.standing().facts.soft) == ("umbrella.co.uk", ())


def test_a_site_of_a_builder_leaves_the_company_of_the_address(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="ann@eu.umbrella.example", domain="linkedin.com/company/umbrella"))
    assert (scorer.standing().facts.domain, scorer.standing().facts.soft) == ("umbrella.example", ())


class TestContradictingNames:
    """One domain, several companies: only those of one name are one company (domain, section 2)."""

    def domains(self, scorer: Scorer, *leads: str) -> list[str | None]:
        return [scorer.standing(lead).facts.domain for lead in leads]

    @pytest.mark.parametrize("together", [True, False])
    def test_the_first_has_the_domain_and_others_have_none(
        self, events: LeadEvents, scorer: Scorer, together: bool
    ) -> None:
        inputs = [
            events.captured("ann", email="ann@small-relay.example", company="Alpha GmbH"),
            events.captured("bob", 1, email="bob@small-relay.example", company="Beta Inc"),
            events.captured("cat", 2, email="cat@small-relay.example", company="Gamma Ltd"),
            events.captured("dan", 3, email="dan@small-relay.example", company="ALPHA"),
        ]
        if together:
            scorer.read(*inputs)
        else:
            scorer.read_one_by_one(inputs)
        names = ("ann", "bob", "cat", "dan")
        assert self.domains(scorer, *names) == ["small-relay.example", None, None, "small-relay.example"]
        assert [scorer.standing(name).facts.unclear for name in names] == [(), ("company",), ("company",), ()]
        assert scorer.standing("bob").facts.soft == (), "no disqualifier"

    def test_a_correction_of_the_name_or_a_steward_decides(self, events: LeadEvents, scorer: Scorer) -> None:
        scorer.read(events.captured("ann", email="ann@one.example", company="Alpha"))
        scorer.read(events.captured("bob", email="bob@one.example", company="Beta"))
        scorer.read(events.captured("cat", email="cat@one.example", company="Gamma"))
        assert self.domains(scorer, "bob", "cat") == [None, None]
        scorer.read(events.updated("bob", 1, source="steward", company="Alpha Europe"))
        scorer.read(events.updated("cat", 1, source="steward", domain="one.example"))
        assert self.domains(scorer, "bob", "cat") == ["one.example", "one.example"]
        assert scorer.standing("bob").facts.unclear == ()

    def test_a_record_of_the_company_vouches_for_its_domain(self, events: LeadEvents, scorer: Scorer) -> None:
        scorer.read(events.company("one.example", company="Alpha"))
        scorer.read(events.captured("bob", 1, email="bob@one.example", company="Beta"))
        scorer.read(events.captured("jo", 1, email="jo@acme.example", company="Sales department"))
        assert self.domains(scorer, "bob", "jo") == ["one.example", "acme.example"]
