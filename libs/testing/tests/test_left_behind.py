"""A run whose tests leave a process behind has failed, and ends it."""

import subprocess
import sys
from pathlib import Path

import pytest

from testing.left_behind import PATIENCE

TESTS = """
import subprocess

def test_starts():
    with open("/dev/null", "w") as null:
        process = subprocess.Popen(["sleep", "600"], stdout=null, stderr=null, start_new_session=True)
    open(PID, "w").write(str(process.pid))
    if ENDS:
        process.kill()
        process.wait()
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no list of processes to read")
@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "with workers"])
@pytest.mark.parametrize("ends", [True, False])
def test_a_process_that_nobody_ended_fails_the_run(tmp_path: Path, ends: bool, options: tuple[str, ...]) -> None:
    note = tmp_path / "pid"
    (tmp_path / "test_it.py").write_text(f"PID, ENDS = {str(note)!r}, {ends}\n{TESTS}")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{PATIENCE} = 1\n")
    plugins = ("-p", "testing.left_behind", "-p", "xdist", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, *options, str(tmp_path / "test_it.py")],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    process = note.read_text()
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == (0 if ends else 1)
    assert (f"left behind by a test: process {process}, sleep 600" in done.stdout) is not ends
    if not ends:
        status = Path(f"/proc/{process}/stat")
        assert not status.exists() or status.read_text().split()[2] == "Z", "it was ended"
