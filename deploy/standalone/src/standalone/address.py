"""Where the house of a data folder is, or was last, reached: for commands that print an address of it."""

from contextlib import suppress
from typing import Final

from runtime.settings import Settings

_FILE: Final = "address"
"""In the data folder; one line."""


def keep_address(settings: Settings, url: str) -> None:
    """Writes the address of a house that is open now into its data folder: only `baton up` may know the port.

    A folder that cannot be written to is left as it is.
    """
    with suppress(OSError):
        settings.data.mkdir(parents=True, exist_ok=True)
        (settings.data / _FILE).write_text(f"{url}\n")


def address_of(settings: Settings) -> str:
    """Of the house, without a slash at the end: the public one where it is set, else where it was open last.

    Never opened: as configured.
    """
    if settings.public_url is None:
        try:
            return (settings.data / _FILE).read_text().strip() or settings.url
        except OSError:
            pass
    return settings.url
