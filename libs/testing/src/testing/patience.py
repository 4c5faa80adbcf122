"""The house's own limits, for tests: what the house gives up after seconds, a starved machine may not have done yet."""

from collections.abc import Iterator

import pytest

from testing.waiting import PATIENCE


@pytest.fixture(autouse=True, scope="session")
def patient_door() -> Iterator[None]:
    """No caller is asked to come again because the machine is busy: few tests do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.intake.PATIENCE", PATIENCE)
        yield
