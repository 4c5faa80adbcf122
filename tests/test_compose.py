"""docker-compose.yml starts the six services of the map, with settings that exist."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typing_extensions import TypedDict

from events.topics import FLOW
from runtime.settings import Settings
from testing.json import as_shape

ROOT = Path(__file__).parents[1]


class Container(TypedDict, total=False):
    command: list[str]
    environment: dict[str, object]
    volumes: list[str]


@pytest.fixture(scope="module")
def services() -> dict[str, Container]:
    compose = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())
    return as_shape(dict[str, Container], compose["services"])


def test_each_service_of_the_map_runs_alone(services: dict[str, Container]) -> None:
    commands = {name: service["command"] for name, service in services.items() if name in FLOW}
    assert set(commands) == set(FLOW)
    for python, m, package in commands.values():
        assert (python, m) == ("python", "-m")
        assert find_spec(package) is not None


def test_services_are_given_only_settings_that_exist(services: dict[str, Container]) -> None:
    known = {f"BATON_{name.upper()}" for name in Settings.model_fields}
    for name in FLOW:
        assert set(services[name]["environment"]) <= known


def test_files_that_are_mounted_or_copied_exist(services: dict[str, Container]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text().splitlines()
    copied = [
        word for line in dockerfile if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    for name in [path for path in mounted if path.startswith("./")] + copied:
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/batch", "ingest"),
        ("/beacon/v1/batch", "ingest"),
        ("/api/s/track", "ingest"),
        ("/sourceConfig/", "ingest"),
        ("/f/demo", "ingest"),
        ("/hooks/typeform/website", "ingest"),
        ("/sales", "ingest"),
        ("/api/spam", "ingest"),
        ("/api/spam/7/release", "ingest"),
        ("/api/refused", "ingest"),
        ("/api/outbox", "notifier"),
        ("/api/outbox/01a2", "notifier"),
        ("/sign-in/link/abc", "reporting"),
        ("/api/sources", "reporting"),
        ("/api/leads", "reporting"),
        ("/", "reporting"),
    ],
)
def test_the_door_knows_whom_to_ask(path: str, service: str) -> None:
    """As nginx reads it: exact places first, then patterns from the top, then the beginning."""
    conf = (ROOT / "deploy/docker/door.conf").read_text()
    places = re.findall(r"location (=|~)?\s*(\S+) \{ (?:access_log off; )?proxy_pass \$(\w+); \}", conf)
    exact = [whom for kind, place, whom in places if kind == "=" and place == path]
    patterns = [whom for kind, place, whom in places if kind == "~" and re.search(place, path)]
    assert (exact or patterns or ["reporting"])[0] == service


def test_the_door_logs_no_link_to_sign_in_with() -> None:
    """nginx logs the whole address of each request; this one signs in whoever has it."""
    conf = (ROOT / "deploy/docker/door.conf").read_text()
    quiet = re.findall(r"location ~ (\S+) \{ access_log off;", conf)
    assert any(re.search(place, "/sign-in/link/abc") for place in quiet)
