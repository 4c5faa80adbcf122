"""Child processes that work one lane for their parent: `python -m runtime.process.lane_child`, started by Children."""

import asyncio
import contextlib
import os
import pickle
import sys
from importlib import import_module
from typing import Final, NoReturn, TextIO

import orjson
import uvloop

from runtime.clock import LaboratoryClock
from runtime.database.connect import terminate
from runtime.database.fates import is_transient
from runtime.errors import Fenced
from runtime.lanes.child import ChildTask
from runtime.lanes.lane import Lane
from runtime.lanes.probation import InputId, ProbationProcessor, work_on_probation
from runtime.observe.describe import describe
from runtime.observe.logs import configure_logs
from runtime.process.assembly import Assembly
from runtime.process.watchdog import watch
from runtime.service import Service

_FAREWELL: Final = 5.0
"""Seconds that a child may take to leave after its parent."""


def main() -> None:
    """The nursery: loads the code once, then forks a child for each task and says how it ended."""
    words = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not be taken for words of ours
    with contextlib.suppress(EOFError):
        while True:
            task: ChildTask = pickle.load(sys.stdin.buffer)  # noqa: S301  (our own parent's words)
            service = _service(task)
            pid = os.fork()
            if pid == 0:
                _child(task, service, words)
            _, status = os.waitpid(pid, 0)
            os.set_blocking(0, True)  # the child's loop made it otherwise, for us too
            _write_line(words, code=os.waitstatus_to_exitcode(status))


def _child(task: ChildTask, service: Service, words: TextIO) -> NoReturn:
    """Works, says how that ended in one last line, and leaves."""
    configure_logs(as_json=task.settings.log_json)
    _die_first()
    end, detail = uvloop.run(_end(task, service, words))
    _write_line(words, end=end, detail=detail)
    os._exit(0)


def _die_first() -> None:
    """Where memory runs out, the kernel ends this process and not its parent."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _write_line(words: TextIO, **fields: object) -> None:
    """In the pipe before the next step: it outlives this process, which ends here when nobody listens any more."""
    try:
        words.write(orjson.dumps(fields).decode() + "\n")
        words.flush()
    except BrokenPipeError:
        os._exit(1)


async def _end(task: ChildTask, service: Service, words: TextIO) -> tuple[str, str]:
    """Works; how it ended, and why."""
    watching = asyncio.create_task(watch(task.settings.stuck_seconds))
    try:
        return await _work(task, service, words), ""
    except Fenced as error:
        return "fenced", str(error)
    except MemoryError:
        os._exit(1)  # one input alone was too much: a death
    except Exception as error:  # noqa: BLE001  (the parent decides what follows)
        return "transient" if is_transient(error) else "bug", describe(error)
    finally:
        watching.cancel()


def stop_with_parent(stop: asyncio.Event, within: float) -> None:
    """At the end of standard input the parent stops, or is dead: sets the event, and `within` so many seconds exits.

    Whatever waits for a server that is gone, too, ends then.
    """
    loop = asyncio.get_running_loop()

    def leave() -> None:
        loop.remove_reader(0)  # an end stays readable: the loop would do nothing else
        stop.set()
        loop.call_later(within, os._exit, 1)

    loop.add_reader(0, leave)


async def _work(task: ChildTask, service: Service, words: TextIO) -> str:
    stop = asyncio.Event()
    stop_with_parent(stop, _FAREWELL)
    clock = LaboratoryClock(task.instant) if task.instant else None
    assembly = Assembly(task.settings, task.agreement, task.dsn, [service], clock=clock, concurrency=1)
    (one,) = assembly.running
    transport = one.worker.transport
    lingering = task.linger is not None

    def announce(place: InputId) -> None:
        _write_line(words, place=place)
        if lingering:
            raise _NotTried

    processor = ProbationProcessor(
        one.service, one.components, one.context, transport, announce=announce, killer=task.killer
    )
    await assembly.introduce()
    await transport.start(lambda _p, _topic: None)
    connection = await one.context.database.connect()
    try:
        lane = Lane(task.p, task.token, task.crashes)
        return await work_on_probation(processor, connection, lane, stop)
    except _NotTried:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), task.linger)
        return "well"
    finally:
        await terminate(connection)
        await transport.stop()
        await one.context.database.close()


class _NotTried(BaseException):
    """The input that is not to be tried was met."""


def _service(task: ChildTask) -> Service:
    """The value that PACKAGE.service holds under this service's name."""
    values = vars(import_module(f"{task.package}.service")).values()
    return next(one for one in values if isinstance(one, Service) and one.name == task.name)


if __name__ == "__main__":
    main()
