"""Where things are: read once, at the door, from BATON_* variables (or files named by BATON_*_FILE)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from runtime.errors import Misconfigured

THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
"""Names of the machine that the process runs on."""


class Settings(BaseSettings):
    """The defaults run the embedded house with no environment at all."""

    model_config = SettingsConfigDict(
        env_prefix="BATON_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data: Path = Path(".baton")
    agreement: Path = Path("agreement")
    database: SecretStr | None = None
    """`postgresql://user:pw@host/db`; none: the embedded server in DATA."""
    kafka: str | None = None
    """`host:9092,...`; none: streams travel through PostgreSQL."""
    topic_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$")] = ""
    """In front of every topic's name, where several houses share one Kafka."""
    host: str = "127.0.0.1"
    port: int = 8300
    public_url: str | None = None
    partitions: Annotated[int, Field(ge=1, le=1000)] = 12
    replication: Annotated[int, Field(ge=1, le=9)] = 1
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    """Lanes of each service that may use the database at the same time; while some wait for Kafka, others do."""
    lease_seconds: Annotated[float, Field(gt=1)] = 15.0
    batch_records: Annotated[int, Field(ge=1, le=5000)] = 500
    batch_bytes: int = 256 * 1024
    poison_limit: int = 50
    """Consecutive dead letters after which a lane stops and calls for help."""
    stuck_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How long one input may hold up its whole process; then the process ends itself, and a child finds the input."""
    secret: SecretStr | None = None
    """32 random characters or more: signs the buttons of mails. The embedded house makes one; None: no such buttons."""
    slack_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_url: str = "https://slack.com/api/"
    hook_secrets: Annotated[Mapping[str, SecretStr], NoDecode] = {}
    """`typeform/website=SECRET`, several with commas or line breaks between: who may post to /hooks/PROVIDER/SOURCE."""
    smtp: SecretStr | None = None
    oidc_issuer: str | None = None
    """`https://login.example.com`: people sign in there as well; with the two below, or not at all."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    audit_days: Annotated[int, Field(ge=365)] = 730
    """How long it is kept who did what, and who looked at whose data."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    log_json: bool | None = None
    laboratory: bool = False
    transport_poll_seconds: float = 1.0
    """Between two looks of a worker: for work whose wake-up was lost, for lanes to take, for what stands still."""
    answer_seconds: Annotated[float, Field(gt=0)] = 15.0
    """PostgreSQL or Kafka that has not answered a lane for so long counts as gone: the connection is dropped."""
    heal_seconds: Annotated[float, Field(gt=0)] = 10.0
    """What was shipped and is not seen for so long is shipped again."""
    standstill_seconds: Annotated[float, Field(gt=0)] = 30.0
    """A lane whose work waits for so long without moving makes its process not ready."""

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("hook_secrets", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.replace(",", " ").split()]
        if not all(name.count("/") == 1 and secret for name, _, secret in pairs):
            raise ValueError("write PROVIDER/SOURCE=SECRET for each")
        return {name: secret for name, _, secret in pairs}

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/") if value else None

    @property
    def url(self) -> str:
        """The address at which people reach the house, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def unencrypted(self) -> bool:
        """People come over a network, and by http: whoever is on it can read along, and the pages say so."""
        return (
            bool(self.public_url)
            and urlsplit(self.url).scheme == "http"
            and urlsplit(self.url).hostname not in THIS_MACHINE
        )


def load_settings(**given: object) -> Settings:
    """Environment, then .env, then BATON_X_FILE for whatever is still unset; `given` wins over all.

    Raises Misconfigured, which names the variables and never shows what they hold.
    """
    from_files = {
        name.removeprefix("BATON_").removesuffix("_FILE").lower(): _content(name, Path(path))
        for name, path in os.environ.items()
        if name.startswith("BATON_") and name.endswith("_FILE") and name.removesuffix("_FILE") not in os.environ
    }
    try:
        return Settings(**{**from_files, **{k: v for k, v in given.items() if v is not None}})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = [f"BATON_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors(include_input=False)]
        raise Misconfigured("; ".join(wrong)) from None


def _content(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Misconfigured(f"{name}: {path} cannot be read ({error.strerror})") from None
