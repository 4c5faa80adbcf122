"""A worker process of the probes: `python -m probe ingest,scoring,routing`, settings from BATON_*."""

import sys
from collections.abc import Callable
from functools import cache

import uvloop

from agreement import load
from probe.service import SERVICES
from runtime.observe.logs import configure_logs
from runtime.process.assembly import Assembly, until_signalled
from runtime.settings import load_settings

terms = cache(load)


async def main(names: str, up: Callable[[], None] = lambda: None) -> int:
    settings = load_settings()
    configure_logs(as_json=True)
    assert settings.database is not None
    services = [SERVICES[name] for name in names.split(",")]
    assembly = Assembly(settings, terms(settings.agreement), settings.database.get_secret_value(), services)
    await assembly.start()
    up()
    await until_signalled(assembly.stopping)
    await assembly.stop()
    return 1 if assembly.failed else 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1])))
