"""`python -m routing`."""

from routing.service import SERVICE
from runtime.process.main import run

if __name__ == "__main__":
    run(SERVICE)
