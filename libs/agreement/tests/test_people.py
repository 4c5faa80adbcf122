"""Who signs in: reps and managers by what they are, the others by what the agreement gives them."""

import pytest

from agreement import Agreement
from agreement.people import People
from agreement.teams import Teams, UserRole


@pytest.fixture(scope="module")
def people(agreement: Agreement) -> People:
    return People(agreement.teams)


@pytest.mark.parametrize(
    ("address", "identity", "roles"),
    [
        ("ana.lima@northwind.example", "rep-ana", {"rep"}),
        (" Grace.Miller@NORTHWIND.example ", "rep-grace", {"manager"}),
        ("mara.lindqvist@northwind.example", "mara", {"marketing"}),
        ("piet@adventure-works.example", "piet", {"partner"}),
    ],
)
def test_an_address_is_somebody(people: People, address: str, identity: str, roles: set[UserRole]) -> None:
    user = people.user_of_email(address)
    assert user is not None
    assert (user.id, set(user.roles)) == (identity, roles)


@pytest.mark.parametrize("address", ["", "marketing@northwind.example", "rep-ana", "nobody@northwind.example"])
def test_a_stranger_and_an_audience_are_nobody(people: People, address: str) -> None:
    assert people.user_of_email(address) is None


def test_a_rep_who_left_is_nobody(agreement: Agreement) -> None:
    reps = [rep.model_copy(update={"active": rep.id != "rep-ana"}) for rep in agreement.teams.reps]
    fields = {name: getattr(agreement.teams, name) for name in Teams.model_fields}
    assert People(Teams(**{**fields, "reps": tuple(reps)})).user("rep-ana") is None


def test_a_rep_sees_the_pools_and_a_partner_the_own_leads(people: People) -> None:
    kate, piet, grace = people.user("rep-kate"), people.user("piet"), people.user("rep-grace")
    assert kate is not None
    assert (kate.pools, kate.sees_all) == (("mid-emea", "ent-emea"), False)
    assert piet is not None
    assert (piet.partner, piet.sees_all) == ("adventure-works", False)
    assert grace is not None
    assert grace.sees_all


@pytest.mark.parametrize(
    ("user", "rep", "may"),
    [
        ("rep-ana", "rep-ana", True),
        ("rep-ana", "rep-ben", False),
        ("rep-grace", "rep-ana", True),
        ("rep-grace", "rep-kate", False),
        ("rep-owen", "rep-kate", True),
        ("omar", "rep-kate", True),
        ("mara", "rep-kate", False),
        ("piet", "rep-kate", False),
    ],
)
def test_a_manager_acts_for_the_team(people: People, user: str, rep: str, may: bool) -> None:
    somebody = people.user(user)
    assert somebody is not None
    assert people.acts_for(somebody, rep) is may


def test_everybody_who_signs_in_has_a_name(people: People) -> None:
    assert [user.id for user in people.users()][:2] == ["rep-grace", "rep-owen"]
    assert all(people.name(user.id) == user.name for user in people.users())
