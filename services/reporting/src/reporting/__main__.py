"""`python -m reporting`."""

from runtime.main import run

from reporting.service import SERVICE

if __name__ == "__main__":
    run(SERVICE)
