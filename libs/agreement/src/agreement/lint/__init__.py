"""What no single chapter can see: names that lead nowhere, holes, overlaps, leads that nobody would get."""

from agreement.chapters import Agreement
from agreement.lint import definitions, events, goals, names, notices, routing, scoring, service_levels, teams
from agreement.lint.finding import Findings
from agreement.problems import Positions, Problem


def lint(agreement: Agreement, positions: Positions) -> list[Problem]:
    """All problems across the chapters, each at its place in the text."""
    findings = Findings(positions)
    for chapter in (definitions, events, scoring, routing, teams, service_levels, notices, goals, names):
        chapter.check(agreement, findings)
    return findings.problems
