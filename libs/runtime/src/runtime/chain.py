"""The chain of a stream: each line's hash covers its predecessor's, so that one hash stands for all before it."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

_BYTES: Final = 8
START: Final = blake2b(digest_size=_BYTES).digest()
"""The hash before the first line."""
UNKNOWN: Final = b""
"""In place of a hash: written before streams had a chain. Such a record is taken by its number only."""


def link(prev: bytes, line: bytes) -> bytes:
    """The hash of a line: of its predecessor's hash and the exact bytes. After an unknown one it is unknown too."""
    return blake2b(prev + line, digest_size=_BYTES).digest() if prev else UNKNOWN


def links(prev: bytes, lines: Sequence[bytes]) -> list[bytes]:
    """The hash before each of these lines, in order, and at the end the hash of the last one."""
    hashes = [prev]
    for line in lines:
        hashes.append(link(hashes[-1], line))
    return hashes
