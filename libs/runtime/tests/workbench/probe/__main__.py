"""A worker process of the probes: `python -m probe ingest,scoring,routing`, settings from BATON_*."""

import asyncio
import sys
from collections.abc import Callable
from functools import cache

import uvloop

from agreement import load
from probe.service import SERVICES
from runtime.observe.logs import configure_logs
from runtime.process.assembly import Assembly, until_signalled
from runtime.process.watchdog import watch
from runtime.settings import load_settings

terms = cache(load)


async def main(names: str, up: Callable[[], None] = lambda: None) -> int:
    settings = load_settings()
    configure_logs(as_json=True)
    assert settings.database is not None
    services = [SERVICES[name] for name in names.split(",")]
    assembly = Assembly(settings, terms(settings.agreement), settings.database.get_secret_value(), services)
    await assembly.start()
    watching = asyncio.create_task(watch(settings.stuck_seconds))
    up()
    await until_signalled(assembly.stopping)
    await assembly.stop()
    watching.cancel()
    return 1 if assembly.failed else 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1])))
