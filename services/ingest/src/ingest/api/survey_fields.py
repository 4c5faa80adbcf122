"""How what somebody writes into a survey, in Slack or on a page, becomes values of the fact `survey`."""

from typing import Any, Final

LINES: Final = ("content", "objections")
"""Fields with several answers, one on each line."""
YES_NO: Final = "lead_quality_issue"


def survey_value(field: str, text: str) -> Any:
    """The lines of a field with several answers, yes and no as a truth value, all else as it is; any other text of a
    question of yes and no stays text, which the check of the fact refuses.
    """
    if field in LINES:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return {"yes": True, "no": False}.get(text, text) if field == YES_NO else text
