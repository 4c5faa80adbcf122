"""Runs the front door alone: python -m ingest."""

from ingest.service import SERVICE
from runtime.process.main import run

if __name__ == "__main__":
    run(SERVICE)
