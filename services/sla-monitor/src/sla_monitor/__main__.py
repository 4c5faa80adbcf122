"""`python -m sla_monitor`."""

from runtime.main import run
from sla_monitor.service import SERVICE

if __name__ == "__main__":
    run(SERVICE)
