"""What the audit calls an object: its id, and never an address."""

import pytest

from events.leads import lead_id
from runtime.http.audit import object_id


@pytest.mark.parametrize("address", ["eve@canary.example", " Eve@Canary.example", "o'hara/b@canary.example"])
def test_somebody_named_by_an_address_is_the_lead_of_it(address: str) -> None:
    assert object_id(address) == lead_id(address.strip().lower())


@pytest.mark.parametrize("name", ["handoffs/3/12", "handoffs/3/12@2", "55720d38-aa35.1", "juniper-labs.io", "D-1", ""])
def test_any_other_name_is_an_id(name: str) -> None:
    assert object_id(name) == name
