"""Checks across chapters."""

from agreement.chapters import Agreement
from agreement.problems import Positions, Problem


def lint(agreement: Agreement, positions: Positions) -> list[Problem]:
    return []
