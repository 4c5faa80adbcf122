"""What an opportunity is agreed to have (domain, section 1): what is missing is listed, counted, and blocks nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

Need = Literal["amount", "decision_maker", "timeline", "solution_fit"]
_KNOWN_BY: Final[Mapping[Need, str]] = {
    "amount": "amount",
    "decision_maker": "decision_maker",
    "timeline": "expected_close",
    "solution_fit": "solution_fit",
}
"""Each need, and the field of a deal that meets it."""


def list_missing(deal: Mapping[str, Any]) -> list[Need]:
    """What the deal lacks, in the order of the agreement; a field that was said to be false is lacking too."""
    return [need for need, field in _KNOWN_BY.items() if deal[field] is None or deal[field] is False]


def hand_over_quality(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of so many deals: how many lack nothing, and how often each need is missing. `deals` of a group are alike."""
    missing = [(list_missing(alike), alike["deals"]) for alike in groups]
    return {
        "deals": sum(deals for _, deals in missing),
        "complete": sum(deals for some, deals in missing if not some),
        "missing": {need: sum(deals for some, deals in missing if need in some) for need in _KNOWN_BY},
    }
