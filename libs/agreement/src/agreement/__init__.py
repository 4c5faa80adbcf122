"""What marketing and sales agreed: the shape of agreement/, its loader and its lint."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agreement.chapters import Agreement
    from agreement.loader import check, load, shipped
    from agreement.problems import AgreementError, Problem
    from agreement.types import Amount, Span

__all__ = ["Agreement", "AgreementError", "Amount", "Problem", "Span", "check", "load", "shipped"]

_HOMES = {
    "agreement.chapters": ("Agreement",),
    "agreement.loader": ("check", "load", "shipped"),
    "agreement.problems": ("AgreementError", "Problem"),
    "agreement.types": ("Amount", "Span"),
}


def __getattr__(name: str) -> Any:
    """A name of `__all__` is imported when it is asked for: one chapter can be used without the others."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(name)
