"""What sales says of an account is true of everybody there: suppressed from marketing, and handed back."""

from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored

from events.deals import DealOpened
from events.handoffs import AlertRaised, LeadNurtured, LeadSuppressed, OwnerTold
from events.sales import AccountHandedBack, AccountSuppressed

ACME = "acme.example"


def test_a_suppressed_account_is_left_alone_until_handed_back(story: LeadStory) -> None:
    story.play(qualified("worked"), scored("reader", total=45), scored("elsewhere", total=45, domain="b.example"))
    story.rest()
    story.play(make(AccountSuppressed, "worked", by="rep-dan"))
    story.pass_to(story.now)
    assert (story.place("worked"), story.place("reader")) == (("mql", "assigned"), ("lead", "suppressed"))
    assert story.place("elsewhere") == ("lead", "nurture")
    assert story.data(AlertRaised.Data) == []
    assert not any(data.alert_marketing for data in story.data(LeadSuppressed.Data))
    story.play(qualified("new", hand_raise="demo_request"))
    assert story.place("new") == ("lead", "suppressed")
    story.play(scored("worked", total=95, at=START + DAY))
    assert [data.why for data in story.data(OwnerTold.Data)] == ["already_owned"], "the reps' own work goes on"


def test_what_is_handed_back_is_all_of_the_account_without_an_open_deal(story: LeadStory) -> None:
    story.play(*(qualified(lead) for lead in ("worked", "deal")), scored("reader", total=45))
    story.rest()
    story.play(make(DealOpened, "deal", deal="d", by="rep-dan"), make(AccountSuppressed, "acme.example", account=ACME))
    story.pass_to(story.now)
    assert story.place("reader") == ("lead", "suppressed")
    story.play(make(AccountHandedBack, "acme.example", account=ACME, by="rep-dan"))
    story.pass_to(story.now)
    assert [story.place(lead) for lead in ("worked", "deal", "reader")] == [
        ("mql", "nurture"),
        ("opportunity", "connected"),
        ("lead", "nurture"),
    ]
    assert story.lead("worked").owner is None
    story.play(qualified("new", hand_raise="demo_request"))
    assert story.place("new") == ("lead", "joined"), "the deal goes on, and the account is no more suppressed"


def test_a_colleague_who_came_during_the_suppression_is_handed_back_too(story: LeadStory) -> None:
    story.play(qualified("worked"))
    story.play(make(AccountSuppressed, "worked", by="rep-dan"))
    story.pass_to(story.now)
    story.play(scored("reader", total=45), qualified("raised", hand_raise="demo_request"))
    story.rest()
    assert (story.place("reader"), story.place("raised")) == (("lead", "suppressed"), ("lead", "suppressed"))
    story.play(make(AccountHandedBack, "worked", by="rep-dan"))
    story.pass_to(story.now)
    assert story.place("reader") == ("lead", "nurture")
    assert story.place("raised") == ("mql", "assigned"), "a person answers the hand that nobody had heard of"


def test_handing_back_puts_everybody_where_the_total_belongs(story: LeadStory) -> None:
    story.play(scored("reader", total=45), scored("cold", total=15))
    story.rest()
    places = [("lead", "nurture"), ("lead", "long_term")]
    before = [story.lead(lead).nurture for lead in ("reader", "cold")]
    assert [story.place(lead) for lead in ("reader", "cold")] == places
    story.play(make(AccountSuppressed, ACME, account=ACME))
    story.pass_to(story.now)
    assert {story.place(lead) for lead in ("reader", "cold")} == {("lead", "suppressed")}
    enrolled = len(story.data(LeadNurtured.Data))
    story.play(make(AccountHandedBack, ACME, account=ACME))
    story.pass_to(story.now)
    assert [story.place(lead) for lead in ("reader", "cold")] == places
    after = [story.lead(lead).nurture for lead in ("reader", "cold")]
    assert [one and one.segment for one in after] == [one and one.segment for one in before]
    goals = {data.segment: data.goal for data in story.data(LeadNurtured.Data)}
    assert len(story.data(LeadNurtured.Data)) == enrolled + 2
    assert goals == {"1": "45 of 60", "long_term": None}


def test_an_account_is_named_by_its_name_too(story: LeadStory) -> None:
    story.play(scored("reader", total=45, company="Acme Inc"))
    story.rest()
    story.play(make(AccountSuppressed, "acme inc", account="acme inc"))
    story.pass_to(story.now)
    assert story.place("reader") == ("lead", "suppressed")
    assert story.state.companies[ACME].suppressed
