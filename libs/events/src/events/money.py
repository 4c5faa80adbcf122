"""Money: integer minor units and a currency."""

from typing import Annotated

from pydantic import Field

from events.envelope import Body


class Money(Body):
    amount: int
    """Minor units: cents for USD."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
