"""What the answers of all providers have in common."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _our_id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


OurId = Annotated[UUID | None, BeforeValidator(_our_id)]
"""The id we gave; None for a reference that somebody else chose."""


class ProviderAnswer(BaseModel):
    """An error does not show what it was about: a payment page is for its buyer only."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
