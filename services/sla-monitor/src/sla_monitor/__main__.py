"""`python -m sla_monitor`."""

from runtime.process.main import run
from sla_monitor.service import SERVICE

if __name__ == "__main__":
    run(SERVICE)
