"""What dies is started again, what is stopped stays stopped, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from api.embedded.process import command_of, wait_until
from api.supervisor import FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, STEADY_AFTER_SECONDS, Child, Supervisor

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
# A program that has started another one and prints its id.
STARTS_ANOTHER = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(61)"]).pid, flush=True)
time.sleep(60)
"""
PARENT = [sys.executable, "-c", STARTS_ANOTHER]


class Recorder:
    """A service that dies when told, and remembers its starts and stops."""

    def __init__(self) -> None:
        self.pid = 0
        self.starts = 0
        self.stops = 0
        self.broken = False

    def start(self) -> None:
        self.starts += 1
        if self.broken:
            raise OSError("no such program")
        self.pid = self.starts

    def stop(self) -> None:
        self.stops += 1
        self.pid = 0


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def eventually(condition: Callable[[], bool]) -> bool:
    return wait_until(condition, 20)


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child(SLEEPER, tmp_path / "log" / "sleeper.log")
    supervisor, stop = Supervisor(said.append), threading.Event()
    supervisor.add("the sleeper", child)
    watching = threading.Thread(target=supervisor.watch, args=(stop,))
    watching.start()
    try:
        pids = {first := child.pid}
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: child.pid not in (0, first))
        pids.add(child.pid)
    finally:
        stop.set()
        watching.join()
        supervisor.stop()
    assert said == ["the sleeper has ended; starting it again in 0.2 s"]
    assert child.pid == 0
    assert [command_of(pid) for pid in pids] == ["", ""]


def test_stopping_ends_what_the_child_has_started(tmp_path: Path) -> None:
    child = Child(PARENT, tmp_path / "parent.log")
    supervisor = Supervisor(print)
    supervisor.add("the parent", child)
    assert eventually(lambda: child.log.exists() and child.log.read_text().endswith("\n"))
    grandchild = int(child.log.read_text())
    assert command_of(grandchild)
    supervisor.stop()
    assert child.pid == 0
    assert eventually(lambda: "sleep(61)" not in command_of(grandchild))


def test_what_a_killed_child_has_started_ends_before_its_successor_starts(tmp_path: Path) -> None:
    child = Child(PARENT, tmp_path / "parent.log")
    child.start()
    assert eventually(lambda: child.log.exists() and child.log.read_text().endswith("\n"))
    grandchild = int(child.log.read_text())
    os.kill(child.pid, signal.SIGKILL)
    assert eventually(lambda: child.pid == 0)
    child.start()
    assert eventually(lambda: "sleep(61)" not in command_of(grandchild))
    child.stop()


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.supervisor._STOP_SECONDS", 0.3)
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child([sys.executable, "-c", stubborn], tmp_path / "stubborn.log")
    child.start()
    assert eventually(lambda: child.log.read_text() == "up\n")
    pid = child.pid
    child.stop()
    assert command_of(pid) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent has died")
def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    keeper = (
        "import sys, time; from pathlib import Path; from api.supervisor import Child, Supervisor;"
        "child = Child([sys.executable, '-c', 'import time; time.sleep(60)'], Path(sys.argv[1]));"
        "supervisor = Supervisor(print); supervisor.add('it', child); print(child.pid, flush=True); time.sleep(60)"
    )
    arguments = [sys.executable, "-c", keeper, str(tmp_path / "it.log")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert eventually(lambda: command_of(pid) == "")


def test_the_delay_doubles_to_its_limit_and_it_never_gives_up() -> None:
    said: list[str] = []
    hands, service = Hands(), Recorder()
    service.broken = True
    supervisor = Supervisor(said.append, now=hands)
    supervisor.add("it", service)
    for _ in range(100):
        hands.seconds += LONGEST_DELAY_SECONDS
        supervisor.look()
    assert service.starts == 101
    assert len(said) == 101
    assert said[0] == "it cannot start: no such program; starting it again in 0.2 s"
    assert said[1].endswith("in 0.4 s")
    assert said[100].endswith("in 15 s")
    service.broken = False
    hands.seconds += LONGEST_DELAY_SECONDS
    supervisor.look()
    assert service.pid


def test_it_waits_for_the_delay_and_forgets_it_when_the_service_is_steady() -> None:
    said: list[str] = []
    hands, service = Hands(), Recorder()
    supervisor = Supervisor(said.append, now=hands)
    supervisor.add("it", service)
    for _ in range(3):
        service.pid = 0
        supervisor.look()
        starts = service.starts
        supervisor.look()
        assert service.starts == starts
        hands.seconds += LONGEST_DELAY_SECONDS
        supervisor.look()
        assert service.starts == starts + 1
    assert said[-1].endswith("in 0.8 s")
    hands.seconds += STEADY_AFTER_SECONDS
    supervisor.look()
    service.pid = 0
    supervisor.look()
    assert said[-1].endswith(f"in {FIRST_DELAY_SECONDS:g} s")


def test_a_running_service_is_watched_and_not_started_twice() -> None:
    service = Recorder()
    service.pid = 99
    supervisor = Supervisor(print)
    supervisor.add("it", service)
    supervisor.look()
    assert service.starts == 0
    supervisor.stop()
    supervisor.look()
    assert (service.starts, service.stops) == (0, 1)
