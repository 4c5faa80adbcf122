"""A rep's rating of a lead is on the scale that the agreement names."""

import pytest

from agreement.definitions import LeadQuality
from events.sales import FeedbackGiven
from ingest.api.checks import Checks
from ingest.api.invalid_input import InvalidInput
from testing.service import shipped_agreement


def test_a_rating_is_on_the_scale_of_the_agreement() -> None:
    agreement = shipped_agreement()
    narrow = agreement.definitions.model_copy(update={"lead_quality": LeadQuality(worst=1, best=5)})
    checks = Checks(agreement.model_copy(update={"definitions": narrow}))
    rated = checks.sales_data(FeedbackGiven, {"quality": 5, "message_id": "1", "via": "api"}, "")
    assert getattr(rated, "quality", None) == 5
    with pytest.raises(InvalidInput, match="must be 1 to 5") as refusal:
        checks.sales_data(FeedbackGiven, {"quality": 6, "message_id": "1", "via": "api"}, "/0")
    assert refusal.value.problem["pointer"] == "/0/quality"
