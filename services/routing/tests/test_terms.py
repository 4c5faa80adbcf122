"""The agreement as routing reads it: sizes, regions, pools, urgency."""

import pytest
from services.routing.tests.conftest import with_routing

from events.handoffs import AssignmentKind
from events.scores import RouteFacts
from routing.decide import Terms


@pytest.mark.parametrize(
    ("employees", "band"),
    [
        (1, "smb"),
        (49, "smb"),
        (50, "mid"),
        (199, "mid"),
        (200, "ent"),
        (90000, "ent"),
        (None, "unknown"),
        (0, "unknown"),
    ],
)
def test_size_bands(terms: Terms, employees: int | None, band: str) -> None:
    assert terms.size_of(RouteFacts(employees=employees)) == band


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("US", "na"),
        ("CA", "na"),
        ("GB", "emea"),
        ("DE", "emea"),
        ("AU", "apac"),
        ("JP", "apac"),
        (None, "na"),
        ("BR", "na"),
    ],
)
def test_regions(terms: Terms, country: str | None, region: str) -> None:
    assert terms.region_of(RouteFacts(country=country)) == region


@pytest.mark.parametrize(
    ("employees", "country", "pool", "flags"),
    [
        (20, "US", "smb-na", ()),
        (49, "US", "smb-na", ()),
        (50, "US", "mid-na", ()),
        (199, "CA", "mid-na", ()),
        (200, "US", "ent-na", ()),
        (20, "AU", "smb-apac", ()),
        (120, "DE", "mid-emea", ()),
        (120, "AU", "mid-na", ("no_local_cover",)),
        (500, "JP", "ent-na", ("no_local_cover",)),
        (None, "FR", "triage-emea", ()),
    ],
)
def test_pool_of_size_and_region(
    terms: Terms, employees: int | None, country: str, pool: str, flags: tuple[str, ...]
) -> None:
    assert terms.pool_of(RouteFacts(employees=employees, country=country)) == (pool, flags)


def test_a_region_can_be_not_served(terms: Terms) -> None:
    regions = tuple(r.model_copy(update={"served": r.name != "apac"}) for r in terms.routing.regions)
    terms = with_routing(terms, regions=regions)
    assert terms.pool_of(RouteFacts(employees=20, country="AU")) == "the region apac is not served"


@pytest.mark.parametrize(
    ("kind", "band", "touch", "flag"),
    [
        ("hand_raise", "cold", "4bh", "hot"),
        ("score", "hot", "4bh", "hot"),
        ("referral", "cold", "4bh", "referral"),
        ("score", "warm", "1bd", None),
        ("recycled", "cold", "1bd", None),
    ],
)
def test_how_fast(terms: Terms, kind: AssignmentKind, band: str, touch: str, flag: str | None) -> None:
    urgency = terms.urgency_of(kind, band)
    assert (str(urgency.first_touch), urgency.flag) == (touch, flag)
