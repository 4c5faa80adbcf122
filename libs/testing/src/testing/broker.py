"""A real Kafka broker for tests and `make kafka`: the one given, else in a container, else from Kafka's own jars."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import NAMESPACE_DNS, uuid5

from runtime.errors import Misconfigured
from runtime.transport.kafka_topics import check_topics
from testing.containers import docker_answers, kafka_container
from testing.kafka_jars import VERSION, fetch_jars, jars_missing
from testing.ports import free_port
from testing.waiting import PATIENCE, Deadline, until

_START_SECONDS: Final = 3 * PATIENCE
"""Of a Java machine that starts among others; two of them the first time."""


def available() -> str | None:
    """Why no broker can be had, or None."""
    if os.environ.get("BATON_KAFKA") or docker_answers():
        return None
    return jars_missing()


@contextmanager
def open_broker() -> Iterator[str]:
    """The address of the broker given by BATON_KAFKA, or of one that lives as long as the context."""
    given = os.environ.get("BATON_KAFKA")
    if given:
        yield given
        return
    with ExitStack() as stack:
        if docker_answers():
            yield stack.enter_context(kafka_container())
        else:
            yield stack.enter_context(Broker()).bootstrap


class Broker:
    """One KRaft node from the jars; `properties` override server.properties, e.g. to join three into a cluster."""

    def __init__(
        self,
        data: Path | None = None,
        *,
        port: int | None = None,
        properties: Mapping[str, str] | None = None,
        cluster: str = "baton",
    ) -> None:
        self._temporary = (
            None if data else tempfile.TemporaryDirectory(prefix="baton-kafka-", ignore_cleanup_errors=True)
        )
        self.data = (data or Path(self._temporary.name if self._temporary else "")).absolute()
        self.port = port or free_port()
        self._properties = dict(properties or {})
        self._cluster = uuid5(NAMESPACE_DNS, cluster).hex[:22]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port`, as clients want it."""
        return f"127.0.0.1:{self.port}"

    def start(self, timeout: float = _START_SECONDS) -> Self:
        """Returns when it answers: it listens well before. The data of an earlier start is kept."""
        self.data.mkdir(parents=True, exist_ok=True)
        jars = fetch_jars()
        settings = self.data / "server.properties"
        settings.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        java = ["java", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
        if not (self.data / "log" / "meta.properties").exists():
            command = [*java, "kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", str(settings)]
            formatted = subprocess.run(command, capture_output=True, text=True, check=False)
            if formatted.returncode:
                raise Misconfigured(f"Kafka could not format {self.data}: {formatted.stdout}{formatted.stderr}")
        with (self.data / "kafka.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*java, "kafka.Kafka", str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not listens(self.port, timeout, self._process):
            self.kill9()
            raise Misconfigured(f"Kafka did not start; it said:\n{(self.data / 'kafka.log').read_text()[-2000:]}")
        until(self._answers, timeout, lambda: (self.data / "kafka.log").read_text()[-2000:])
        return self

    def stop(self, timeout: float = PATIENCE) -> None:
        """A clean shutdown; after `timeout` seconds as `kill9`. Nothing happens when it does not run."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill9()
            self._process = None

    def kill9(self) -> None:
        """As a power cut would; `start` brings it back with its data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """After `pause`: what waited is answered."""
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        if self._temporary:
            self._temporary.cleanup()

    def _answers(self) -> bool:
        with ThreadPoolExecutor(1) as thread, contextlib.suppress(Exception):  # asked again
            thread.submit(asyncio.run, check_topics(self.bootstrap, (), partitions=1)).result()
            return True
        return False

    def _signal(self, sig: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("the broker is not running")
        self._process.send_signal(sig)

    def _settings(self) -> dict[str, str]:
        controller = free_port()
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.data / "log"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "broker.session.timeout.ms": "3000",  # how long a killed broker waits before it may come back
            "broker.heartbeat.interval.ms": "500",
            **self._properties,
        }


@contextmanager
def cluster(data: Path, nodes: int = 3) -> Iterator[list[Broker]]:
    """Brokers that copy each other's topics; any one of three may die."""
    ports = [(free_port(), free_port()) for _ in range(nodes)]
    voters = ",".join(f"{node}@127.0.0.1:{controller}" for node, (_, controller) in enumerate(ports, start=1))
    copies = {
        "default.replication.factor": str(nodes),
        "offsets.topic.replication.factor": str(nodes),
        "min.insync.replicas": str(nodes // 2 + 1),
        "controller.quorum.voters": voters,
    }
    brokers = [
        Broker(
            data / str(node),
            port=port,
            properties={
                **copies,
                "node.id": str(node),
                "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            },
        )
        for node, (port, controller) in enumerate(ports, start=1)
    ]
    with ThreadPoolExecutor(nodes) as together:  # a node listens only once most of them are there
        try:
            list(together.map(Broker.start, brokers))
            yield brokers
        finally:
            list(together.map(Broker.stop, brokers))


def listens(port: int, timeout: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Waits until something accepts connections there, or the process that should is gone."""
    deadline = Deadline(timeout)
    while process is None or process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        if deadline.passed():
            return False
        time.sleep(0.05)
    return False


def main() -> None:
    """`make kafka`: a broker in the foreground until it is interrupted; its data stays in `--data`."""
    parser = argparse.ArgumentParser(prog="python -m testing.broker", description=__doc__)
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", type=Path, default=Path(".kafka/data"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Broker(options.data, port=options.port) as broker:
        sys.stdout.write(f"Kafka {VERSION} listens. In another terminal: BATON_KAFKA={broker.bootstrap} make run\n")
        sys.stdout.flush()
        try:
            signal.pause()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    try:
        main()
    except Misconfigured as error:
        sys.exit(str(error))
