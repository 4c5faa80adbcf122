"""A module of the bench as a process of its own, which prints what it measured."""

import subprocess
import sys

from testing.json import read


def run(module: str, patience: float, **options: object) -> dict[str, float]:
    """The last line of its output, JSON. Raises RuntimeError with the end of what it complained about."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", f"tests.bench.{module}", *words]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=patience)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{module} ended with {error.returncode}: {_end(error.stderr)}") from None
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{module} did not end within {patience:.0f} s: {_end(error.stderr)}") from None
    return read(dict[str, float], done.stdout.splitlines()[-1])


def _end(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace")[-400:].strip()
