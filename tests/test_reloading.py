"""An edited agreement is noticed by the running house: in force without a restart when it is well, else not."""

import asyncio
import gc
import json
import shutil
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.types import Message

from agreement import Agreement, load
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.http.client import client as http_client
from runtime.process import reloading
from runtime.process.agreement_watch import AgreementWatch, marks_of
from runtime.process.assembly import Assembly
from runtime.service import AgreementNotice
from runtime.settings import Settings
from standalone.house import House
from standalone.services import SERVICES
from testing.house import Client
from testing.service import SHIPPED
from testing.waiting import PATIENCE, eventually

GATE = "  total_at_least: 60\n"
RULE = "{kind: whitepaper, points: 5"
_STORED = statement("SELECT topic, p, first_seq, body FROM ingest.stream_batch UNION ALL "
                    "SELECT topic, p, first_seq, body FROM scoring.stream_batch UNION ALL "
                    "SELECT topic, p, first_seq, body FROM routing.stream_batch")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "agreement"
    shutil.copytree(SHIPPED, copy)
    return copy


@pytest.fixture
async def open_house(settings: Settings, folder: Path) -> AsyncIterator[House]:
    house = await House(settings.model_copy(update={"agreement": folder})).start()
    yield house
    await house.stop()


@pytest.fixture
async def visitor(open_house: House) -> AsyncIterator[Client]:
    async with http_client(base_url=open_house.url, timeout=2 * PATIENCE) as http:
        yield Client(http, open_house.keys["write_key"], open_house.keys["server_key"])


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def watch_of(folder: Path) -> AgreementWatch:
    return AgreementWatch.of(folder, AgreementNotice())


def test_an_edit_is_read_once_it_is_at_rest(folder: Path) -> None:
    watch = watch_of(folder)
    assert [watch.at_rest_and_edited() for _ in range(3)] == [False, False, False]
    edit(folder, "definitions.yaml", GATE, GATE.replace("60", "61"))
    assert [watch.at_rest_and_edited() for _ in range(2)] == [False, True]


async def test_a_file_that_is_gone_or_new_is_an_edit(folder: Path) -> None:
    watch = watch_of(folder)
    (folder / "goals.yaml").rename(folder / "goals.bak")
    assert [watch.at_rest_and_edited() for _ in range(2)] == [False, True]
    assert await watch.read("x") is None
    assert [str(one) for one in watch.notice.findings] == [
        "goals.yaml:1:1: is missing; every chapter has its file in the folder"
    ]
    (folder / "goals.bak").rename(folder / "goals.yaml")
    assert [watch.at_rest_and_edited() for _ in range(2)] == [False, True]
    assert await watch.read(load(SHIPPED).version) is None, "it is what is in force"
    assert watch.notice.findings == ()


async def test_a_remark_changes_no_version(folder: Path) -> None:
    watch = watch_of(folder)
    with (folder / "goals.yaml").open("a") as file:
        file.write("# a remark\n")
    assert [watch.at_rest_and_edited() for _ in range(2)] == [False, True]
    assert await watch.read(load(SHIPPED).version) is None
    assert (watch.notice.edits, watch.notice.findings) == (1, ())


def test_looking_reads_no_file(folder: Path) -> None:
    (folder / "goals.yaml").chmod(0)
    assert marks_of(folder).keys() == {path.name for path in folder.iterdir()}
    assert marks_of(folder / "nowhere") == {}


async def test_a_request_that_outlives_a_change_is_counted_nowhere_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later assembly may lie where the old one lay in memory: it begins with no visits."""
    monkeypatch.setattr(reloading, "_FAREWELL", 0.01)

    def build(terms: Agreement, notice: AgreementNotice) -> Assembly:
        return Assembly(settings, terms, "postgresql://nobody@localhost/nothing", SERVICES, notice=notice)

    served = reloading.ReloadingAssembly(build, load(SHIPPED))
    arrival, answer = asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_: Message) -> None:
        arrival.set()
        await answer.wait()

    scope = {"type": "http", "method": "GET", "path": "/healthz", "raw_path": b"/healthz", "query_string": b"",
             "headers": [], "root_path": "", "scheme": "http", "server": ("x", 80), "client": ("x", 1)}  # fmt: skip
    request = asyncio.create_task(served(scope, receive, send))
    await arrival.wait()
    await served._close(served.current)
    answer.set()
    await request
    assert not any(served._visits.values())


@pytest.mark.slow
async def test_a_well_edit_is_in_force_without_a_restart(open_house: House, visitor: Client, folder: Path) -> None:
    before, old = open_house.assembly.agreement.version, weakref.ref(open_house.assembly)
    await visitor.track(
        type="track", userId="rui", event="Whitepaper Downloaded", properties={"asset": "a"},
        context={"traits": {"email": "rui@serra-tech.io"}},
    )  # fmt: skip
    await visitor.settle()
    edit(folder, "scoring.yaml", RULE, RULE.replace("5", "9"))

    async def taken() -> bool:
        return open_house.assembly.agreement.version != before

    await eventually(taken, what="the edited agreement is in force")
    assert open_house.assembly.agreement.version == load(folder).version
    await visitor.settle()
    assert (await visitor.lead("rui@serra-tech.io"))["score"]["engagement"] == 9, "scored anew, as after a restart"
    page = (await visitor.http.get("/agreement", headers=visitor._bearer)).text
    assert open_house.assembly.agreement.version in page
    assert f"in the place of <code>{before}</code>" in page
    assert "<del>5</del> <ins>9</ins>" in page, "what it changed stands on the page"
    await visitor.submit("demo", email="ada@acme-works.io", name="Ada", title="VP Sales", country="US", employees="120")
    await visitor.settle()
    assert (await visitor.lead("ada@acme-works.io"))["stage"] == "mql"

    async def gone() -> bool:
        gc.collect()
        return old() is None

    await eventually(gone, what="the old assembly is let go")


@pytest.mark.slow
async def test_a_bad_edit_changes_nothing_and_is_said(open_house: House, visitor: Client, folder: Path) -> None:
    before = open_house.assembly
    edit(folder, "definitions.yaml", GATE, "  total_at_leest: 60\n")

    async def is_shown() -> bool:
        page = (await visitor.http.get("/agreement", headers=visitor._bearer)).text
        return "did you mean &#39;total_at_least&#39;?" in page

    await eventually(is_shown, what="the finding is on the agreement's page")
    page = (await visitor.http.get("/agreement", headers=visitor._bearer)).text
    assert "definitions.yaml:" in page
    assert f"version <code>{before.agreement.version}</code>" in page
    assert "is not in force" in (await visitor.http.get("/operations", headers=visitor._bearer)).text
    assert open_house.assembly is before
    await visitor.submit("demo", email="ada@acme-works.io", name="Ada", title="VP Sales", country="US", employees="120")
    await visitor.settle()
    assert (await visitor.lead("ada@acme-works.io"))["stage"] == "mql"
    edit(folder, "definitions.yaml", "  total_at_leest: 60\n", GATE)

    async def forgotten() -> bool:
        return not open_house.assembly.running[0].context.notice.findings

    await eventually(forgotten, what="the finding is gone")
    assert open_house.assembly is before, "it is what was in force"


@pytest.mark.slow
async def test_a_batch_is_decided_under_one_version_and_nothing_is_lost(
    open_house: House, visitor: Client, folder: Path
) -> None:
    """Visitors come while the agreement changes: each is answered, each decision has one version, both occur."""
    before = open_house.assembly
    visitors = 0

    async def come() -> None:
        nonlocal visitors
        while open_house.assembly is before or visitors < 30:
            await visitor.submit(
                "demo", email=f"p{visitors}@firm-{visitors}.io", title="VP Sales", country="US", employees="120"
            )
            visitors += 1

    coming = asyncio.create_task(come())

    async def half() -> bool:
        return visitors > 5 or coming.done()

    await eventually(half, what="visitors come")
    edit(folder, "scoring.yaml", RULE, RULE.replace("5", "9"))
    await coming
    for n in range(3):
        await visitor.submit("demo", email=f"late{n}@late-{n}.io", title="VP Sales", country="US", employees="120")
    await visitor.settle()
    async with admin(open_house.dsn) as connection:
        rows = (await connection.execute(_STORED)).all()
    versions = [{json.loads(line)["agreement"] for line in row.body.split(b"\n")} for row in rows]
    assert all(len(some) == 1 for some in versions)
    assert set().union(*versions) == {before.agreement.version, open_house.assembly.agreement.version}
    for n in range(visitors):
        assert (await visitor.lead(f"p{n}@firm-{n}.io"))["stage"] == "mql"


@pytest.mark.slow
async def test_each_process_of_a_house_notices_for_itself(settings: Settings, folder: Path) -> None:
    one, other = [House(settings.model_copy(update={"agreement": folder})) for _ in range(2)]
    await one.start()
    try:
        await other.start()
        before = one.assembly.agreement.version
        edit(folder, "scoring.yaml", RULE, RULE.replace("5", "9"))

        async def both() -> bool:
            return before not in {one.assembly.agreement.version, other.assembly.agreement.version}

        await eventually(both, what="both have taken it")
        async with http_client(base_url=other.url, timeout=2 * PATIENCE) as http:
            client = Client(http, one.keys["write_key"], one.keys["server_key"])
            await client.submit("demo", email="ada@acme-works.io", title="VP Sales", country="US", employees="120")

            async def qualified() -> bool:
                answer = await http.get("/api/leads/ada@acme-works.io", headers=client._bearer)
                return answer.status_code == 200 and answer.json()["stage"] == "mql"

            await eventually(qualified, what="one of them works each lane")
    finally:
        await other.stop()
        await one.stop()
