"""`python -m notifier`: this service as a process of its own."""

from notifier.service import SERVICE
from runtime.process.main import run

if __name__ == "__main__":
    run(SERVICE)
