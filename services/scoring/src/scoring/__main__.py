"""`python -m scoring`: this service alone."""

from runtime.process.main import run
from scoring.service import SERVICE

if __name__ == "__main__":
    run(SERVICE)
