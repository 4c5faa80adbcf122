"""The command says what is wrong and what to do, changes nothing, and leaves with the right code."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from runtime.settings import load_settings
from standalone import connect
from standalone.cli import COMMANDS, app
from standalone.lazy_command import LazyCommand
from standalone.output import print_table
from testing.answers import LeadBeginning
from testing.containers import PostgresServer
from testing.house import ROOT, Process
from testing.ports import free_port
from testing.servers import execute
from testing.service import SHIPPED
from testing.waiting import PATIENCE, until


@dataclass(frozen=True)
class CommandResult:
    returncode: int
    stdout: str
    stderr: str


def baton(*arguments: str, **environment: str) -> CommandResult:
    """The command in this process: starting Python anew for each would take most of the time."""
    given = {"BATON_AGREEMENT": str(SHIPPED), "COLUMNS": "200", **environment}
    done = CliRunner().invoke(app, list(arguments), env=given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return CommandResult(done.exit_code, done.stdout, done.stderr)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_each_command_what_it_says_of_itself(name: str) -> None:
    words = LazyCommand(name, COMMANDS[name]).loaded().help
    assert " ".join(words.split()).startswith(COMMANDS[name].line)


def test_a_taken_port_names_another(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = baton("up", "--port", str(port), "--data", str(tmp_path / "d"))
    assert done.returncode == 2
    assert f"--port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "d").exists()


def test_an_unusable_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = baton("up", "--port", str(free_port()), "--data", str(tmp_path / "file"))
    assert done.returncode == 2
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BATON_PORT", "abc"),
        ("BATON_PUBLIC_URL", "baton.example.com"),
        ("BATON_SLACK_TOKEN_FILE", "/nowhere/token"),
        ("BATON_CONCURRENCY", "0"),
    ],
)
def test_a_wrong_setting_is_named_without_a_trace(tmp_path: Path, name: str, value: str) -> None:
    done = baton("up", "--data", str(tmp_path / "d"), **{name: value})
    assert done.returncode == 2
    assert f"baton: {name}: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "d").exists()


def test_settings_are_read_from_files_and_addresses_end_without_a_slash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("xoxb-1\n")
    monkeypatch.setenv("BATON_SLACK_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("BATON_PUBLIC_URL", "https://baton.example.com/")
    found = load_settings()
    assert found.slack_token is not None
    assert found.slack_token.get_secret_value() == "xoxb-1"
    assert found.url == "https://baton.example.com"


def test_a_broken_agreement_opens_no_door(tmp_path: Path) -> None:
    folder = tmp_path / "agreement"
    shutil.copytree(SHIPPED, folder)
    text = (folder / "scoring.yaml").read_text()
    (folder / "scoring.yaml").write_text(text.replace("demo_request", "demo_requset"))
    done = baton("up", "--port", str(free_port()), "--data", str(tmp_path / "d"), "--agreement", str(folder))
    assert done.returncode == 1
    assert "scoring.yaml:" in done.stderr
    assert "nothing was started" in done.stderr
    assert not (tmp_path / "d").exists()
    assert baton("lint", str(folder)).returncode == 1
    assert baton("lint", str(SHIPPED)).returncode == 0


def test_lint_names_what_of_the_agreement_is_prose_and_what_is_not_yet_in_force(tmp_path: Path) -> None:
    output = baton("lint", str(SHIPPED)).stdout
    before, _, after = output.partition("are not yet in force")
    assert "nothing wrong" in before
    assert "definitions.statuses" in before
    assert after.count("comes with:") == 0, "all of the agreement is in force"
    answer = orjson.loads(baton("lint", str(tmp_path), "--json").stdout)
    assert answer["problems"][0].startswith("definitions.yaml:1:1: is missing")
    assert {"prose", "not_yet"} < answer.keys()


@pytest.fixture
def plain_dsn(house_dsn: str) -> str:
    return house_dsn.replace("+asyncpg", "")


def test_another_partition_count_is_refused(plain_dsn: str, tmp_path: Path) -> None:
    done = baton("migrate", BATON_DATABASE=plain_dsn, BATON_PARTITIONS="24")
    assert done.returncode == 2
    assert "BATON_PARTITIONS=12" in done.stderr
    up = baton(
        "up", "--port", str(free_port()), "--data", str(tmp_path), BATON_DATABASE=plain_dsn, BATON_PARTITIONS="24"
    )
    assert up.returncode == 2


def test_a_newer_database_is_left_alone(plain_dsn: str, tmp_path: Path) -> None:
    execute(plain_dsn, "INSERT INTO scoring.schema_version VALUES ('scoring_9999')")
    done = baton("up", "--port", str(free_port()), "--data", str(tmp_path), BATON_DATABASE=plain_dsn)
    assert done.returncode == 2
    assert "newer Baton" in done.stderr


@pytest.mark.slow
def test_a_service_alone_says_what_it_needs(house_dsn: str, postgres_server: PostgresServer) -> None:
    def alone(**environment: str) -> subprocess.CompletedProcess[str]:
        given = {**os.environ, "BATON_AGREEMENT": str(SHIPPED), "BATON_PORT": str(free_port()), **environment}
        command = [sys.executable, "-m", "scoring"]
        return subprocess.run(
            command, env=given, cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE, check=False
        )

    done = alone()
    assert done.returncode == 2
    assert "BATON_DATABASE" in done.stderr
    empty = alone(BATON_DATABASE=postgres_server.dsn.replace("+asyncpg", ""))
    assert empty.returncode == 2
    assert "baton migrate" in empty.stderr


@pytest.mark.slow
def test_keys_are_made_shown_once_rotated_and_revoked(process: Process) -> None:
    process.start()
    link = baton("sign-in", "ada.fischer@northwind.example", "--data", str(process.data)).stdout.strip()
    assert link.startswith(f"http://127.0.0.1:{process.port}/sign-in/link/"), "where this house is, not the usual port"
    assert b"Ada Fischer" in urllib.request.urlopen(link, timeout=PATIENCE).read()
    assert (process.data / "keys.json").stat().st_mode & 0o777 == 0o600
    data = ("--data", str(process.data))
    made = baton("keys", "create", "server", "--scopes", "read", *data)
    assert made.returncode == 0
    identity, secret = made.stdout.split()[:2]
    listed = orjson.loads(baton("keys", "list", "--json", *data).stdout)
    assert {key["kind"] for key in listed} == {"write", "server"}
    assert secret not in str(listed)
    assert orjson.loads(baton("keys", "--json", *data).stdout) == listed, "without a command: the list"
    assert baton("keys", "rotate", identity, *data).returncode == 0
    assert baton("keys", "revoke", identity, *data).returncode == 0
    assert baton("keys", "revoke", identity, *data).returncode == 1
    assert baton("keys", "create", "server", "--scopes", "fly", *data).returncode == 2
    assert baton("dead-letters", "list", *data).returncode == 0
    assert process.stop() == 0
    assert baton("keys", "list", *data).returncode == 0, "also while the house is shut"


@pytest.mark.slow
def test_a_decision_is_explained_by_lead_and_by_event(process: Process) -> None:
    process.start()
    data = ("--data", str(process.data))
    person = b"email=dana@acme.example&first_name=Dana&title=VP+Sales&country=US"
    urllib.request.urlopen(f"{process.url}/f/demo", person).read()

    def known() -> bool:
        return baton("explain", "dana@acme.example", *data).returncode == 0

    until(known)
    answer = orjson.loads(baton("explain", "dana@acme.example", "--json", *data).stdout)
    assert answer["chain"][-1]["type"].split(".")[0] in ("lead", "engagement")
    shown = baton("explain", answer["event"], *data)
    assert (shown.returncode, answer["text"] in shown.stdout, answer["event"] in shown.stdout) == (0, True, True)
    unknown = baton("explain", "nobody", *data)
    assert (unknown.returncode, "give an event id" in unknown.stderr) == (1, True)


@pytest.mark.slow
def test_spam_is_listed_released_and_dropped_by_a_person(process: Process) -> None:
    process.start()
    data = ("--data", str(process.data))
    for name in ("dana", "lee"):
        form = {"email": f"{name}@acme.io", "first_name": name.title(), "_gotcha": "filled by the browser"}
        request = urllib.request.Request(
            f"{process.url}/f/demo", urllib.parse.urlencode(form).encode(), {"accept": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
    listed = orjson.loads(baton("spam", "list", "--json", *data).stdout)
    assert [(one["reason"], one["content"]["email"]) for one in listed["items"]] == [
        ("honeypot", "lee@acme.io"),
        ("honeypot", "dana@acme.io"),
    ]
    assert [(one["what"], one["count"]) for one in listed["counts"]] == [("spam", 2)]
    assert "dana@acme.io" in baton("spam", "list", *data).stdout
    nameless = orjson.dumps({"writeKey": process.keys["write_key"], "userId": "u1"})
    urllib.request.urlopen(urllib.request.Request(f"{process.url}/v1/track", nameless)).close()
    (row,) = orjson.loads(baton("spam", "list", "--refused", "--json", *data).stdout)["items"]
    again = baton("spam", "release", "--refused", str(row["id"]), *data)
    assert (again.returncode, "a track event without a name" in again.stderr) == (1, True)
    assert baton("spam", "drop", "--refused", str(row["id"]), *data).returncode == 0
    lee, dana = (str(one["id"]) for one in listed["items"])
    assert baton("spam", "drop", lee, *data).returncode == 0
    assert process.stop() == 0
    released = baton("spam", "release", dana, *data)
    assert (released.returncode, released.stdout) == (0, f"{dana}: released\n"), "also while the house is shut"
    assert baton("spam", "release", dana, lee, "99", *data).returncode == 1
    assert orjson.loads(baton("spam", "list", "--json", *data).stdout)["items"] == []
    assert "nothing is refused" in baton("spam", "list", "--refused", *data).stdout
    process.start()
    until(lambda: process.get("/api/leads/dana@acme.io", LeadBeginning)["stage"] == "mql")


@pytest.mark.slow
@pytest.mark.chaos
def test_a_house_whose_database_is_busy_for_a_moment_is_not_taken_for_another(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.start()
    answers, tries = connect._answers, [False, False]

    async def not_at_once(dsn: str) -> bool:
        return tries.pop() if tries else await answers(dsn)

    monkeypatch.setattr(connect, "_answers", not_at_once)
    assert baton("keys", "list", "--data", str(process.data)).returncode == 0
    assert tries == []
    assert process.stop() == 0


def test_help_says_what_baton_is() -> None:
    shown = baton("--help")
    assert shown.returncode == 0
    assert "passes a lead from marketing to sales" in shown.stdout
    assert baton().returncode == baton("no-such-command").returncode == 2


def test_the_map_of_topics_is_shown() -> None:
    rows = orjson.loads(baton("topics", "--json").stdout)
    assert [row["topic"] for row in rows][:3] == ["leads", "sales", "campaigns"]
    assert "slas" in baton("topics").stdout
    assert baton("topics", "--create").returncode == 2


def test_the_laboratory_is_for_the_embedded_house(plain_dsn: str) -> None:
    done = baton("up", "--laboratory", "--port", str(free_port()), BATON_DATABASE=plain_dsn)
    assert done.returncode == 2
    assert "BATON_DATABASE" in done.stderr


@pytest.mark.slow
@pytest.mark.chaos
def test_where_the_clock_begins_is_for_the_laboratory(tmp_path: Path) -> None:
    done = baton("up", "--begin", "2026-03-27T15:00Z", "--data", str(tmp_path / "d"))
    assert done.returncode == 2
    assert "add --laboratory" in done.stderr
    assert baton("up", "--laboratory", "--begin", "yesterday").returncode == 2
    house = Process(tmp_path / "lab", free_port(), ("--laboratory", "--begin", "2026-03-27T15:00Z")).start()
    try:
        assert house.get("/lab/now", dict[str, str]) == {"now": "2026-03-27T15:00:00Z"}
        headers = {"content-type": "application/json"}
        step = urllib.request.Request(f"{house.url}/lab/advance", b'{"seconds": 60}', headers)
        with urllib.request.urlopen(step, timeout=2 * PATIENCE) as answer:
            assert answer.status == 200
    finally:
        assert house.stop() == 0


def test_a_table_shows_what_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"reason": "data [/x] at [0]"}], ("reason",), empty="")
    assert "data [/x] at [0]" in capsys.readouterr().out, "brackets are text, not markup"
