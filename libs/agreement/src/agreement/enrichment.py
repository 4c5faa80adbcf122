"""Part of chapter `definitions`: who may still tell what is unknown of a company, and how long that is waited for."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from agreement.types import Count, Span, Terms, Wall

CompanyFactName = Literal["company", "employees", "industry", "revenue", "country", "tech_stack"]


class Breaker(Terms):
    """After so many failures in a row a provider is left alone for a while."""

    failures: Count
    rest: Wall


class EnrichmentProvider(Terms):
    """Who may still tell what is unknown of somebody new, beside the accounts file, which answers at once."""

    name: str
    kind: Literal["push", "http"]
    """`push`: a tool of ours sends its facts to the door by itself. `http`: it is asked by the company's domain."""
    gives: tuple[CompanyFactName, ...] = ()
    """What a tool pushes; over HTTP it is what `mapping` names."""
    url: str | None = None
    """https, with `{domain}` in its path or query."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Name of a header to the environment variable that holds its value."""
    mapping: dict[CompanyFactName, str] = Field(default_factory=dict)
    """Fact to where it stands in the JSON of the answer: `company.metrics.employees`, `names.0`."""
    time_limit: Wall = Span(amount=4, unit="s")
    """Of one call."""
    cache: Wall = Span(amount=30, unit="d")
    """How long an answer counts: the same company is not asked about again."""
    breaker: Breaker = Breaker(failures=5, rest=Span(amount=5, unit="min"))

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "push" and not self.gives:
            raise ValueError("say what the tool gives: `gives`")
        if self.kind == "http":
            parts = urlsplit(self.url or "")
            secure = parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost")  # of a laboratory
            if not secure or "{domain}" in parts.netloc or "{domain}" not in parts.path + parts.query:
                raise ValueError("`url` must be https, with {domain} in its path or query")
            if not self.mapping:
                raise ValueError("say where facts stand in the answer: `mapping`")
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """What it may tell."""
        return (*self.gives, *self.mapping)


class Enrichment(Terms):
    """How long somebody new waits for facts that providers may still give, and who these are."""

    limit: Wall
    """Also how long somebody new has before being sent to nurture."""
    hand_raise_limit: Wall
    """From a raised hand on."""
    providers: tuple[EnrichmentProvider, ...] = ()
