"""`python -m reporting`."""

from reporting.service import SERVICE
from runtime.process.main import run

if __name__ == "__main__":
    run(SERVICE)
