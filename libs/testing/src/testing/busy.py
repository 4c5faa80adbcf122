"""Runs a command while other processes compute: a test that fails when the machine is busy is a bug.

`python -m testing.busy 3 pytest -q tests/kafka` ends with the command's exit code.
"""

import signal
import subprocess
import sys

_COMPUTE = "n = 0\nwhile True: n = (n * 31 + 7) % 1_000_003"


def main(arguments: list[str]) -> int:
    """`arguments`: how many processes compute, then the command."""
    crowd = [subprocess.Popen([sys.executable, "-c", _COMPUTE]) for _ in range(int(arguments[0]))]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return subprocess.run(arguments[1:], check=False).returncode
    finally:
        for one in crowd:
            one.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
