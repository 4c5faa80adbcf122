"""What marketing and sales agreed: the shape of agreement/, its loader and its lint."""

from agreement.chapters import Agreement
from agreement.loader import check, load, shipped
from agreement.problems import AgreementError, Problem
from agreement.types import Amount, Span

__all__ = ["Agreement", "AgreementError", "Amount", "Problem", "Span", "check", "load", "shipped"]
