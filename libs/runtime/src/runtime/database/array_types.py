"""The arrays of PostgreSQL's own types, told to a connection when it opens.

asyncpg knows two of them. For any other it asks the server, once a connection and statement, by a recursive query over
the catalogue: ten milliseconds, and a megabyte that the server's process keeps.
"""

from typing import Any, Final

import asyncpg

ARRAYS: Final = {
    1000: ("bool", 16),
    1001: ("bytea", 17),
    1005: ("int2", 21),
    1007: ("int4", 23),
    1016: ("int8", 20),
    1021: ("float4", 700),
    1022: ("float8", 701),
    1115: ("timestamp", 1114),
    1182: ("date", 1082),
    1185: ("timestamptz", 1184),
    1187: ("interval", 1186),
    1231: ("numeric", 1700),
    199: ("json", 114),
    2951: ("uuid", 2950),
    3807: ("jsonb", 3802),
}
"""Number of the array's type (the same on every server) to its element's name and number."""
_NOTHING_ELSE: Final = {"range_subtype": None, "attrtypoids": None, "basetype": None, "kind": b"b", "elemdelim": ","}


def tell_array_types(driver: asyncpg.Connection) -> None:
    """Call it when the codecs of the elements are as they are to be: arrays keep those."""
    types: list[dict[str, Any]] = [
        {"oid": array, "ns": "pg_catalog", "name": f"_{name}", "elemtype": element, **_NOTHING_ELSE}
        for array, (name, element) in ARRAYS.items()
    ]
    driver._protocol.get_settings().register_data_types(types)  # asyncpg has no public name for it
