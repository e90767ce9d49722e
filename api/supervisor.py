"""Keeps services running: what dies is started again, for as long as it takes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from api.embedded import process

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 15.0
STEADY_AFTER_SECONDS = 30.0
_STOP_SECONDS = 15.0


class Service(Protocol):
    """Something that runs as a process of its own."""

    @property
    def pid(self) -> int:
        """The process id; 0 when it is not running."""

    def start(self) -> None:
        """Start it; any exception means that it is not running."""

    def stop(self) -> None:
        """Stop it; harmless when it is not running."""


class Child:
    """A program as a service: a process group of its own, its output appended to a log."""

    def __init__(self, program: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._program = program
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log

    @property
    def pid(self) -> int:
        """The process id; 0 when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def start(self) -> None:
        """Start it.

        Raises:
            OSError: the program is missing or cannot be run.
        """
        self._end_group()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = process.spawn(self._program, environment=self._environment, output=log)

    def stop(self) -> None:
        """Ask it to end, wait up to 15 s, then end it and everything it has started."""
        if self._process:
            process.end(self._process, (signal.SIGTERM, _STOP_SECONDS))
        self._end_group()

    def _end_group(self) -> None:
        """What a dead program has started must not work on beside its successor."""
        if self._process:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                # macOS says that it is not permitted where nobody is left.
                return


@dataclass(slots=True)
class _Watched:
    name: str
    service: Service
    started_at: float = 0.0
    delay_seconds: float = FIRST_DELAY_SECONDS
    start_again_at: float | None = None


class Supervisor:
    """Starts services in the order they are added, keeps them running, and stops them in the reverse order.

    A service that dies is started again after 0.2 s; each further death doubles the delay up to 15 s, and 30 s
    without one bring it back. It never gives up, and says each time what it does.
    """

    def __init__(self, say: Callable[[str], None], *, now: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._now = now
        self._watched: list[_Watched] = []

    def add(self, name: str, service: Service) -> None:
        """Keep this service running from now on; start it when it is not."""
        watched = _Watched(name, service, started_at=self._now())
        self._watched.append(watched)
        if not service.pid:
            self._start(watched)

    def look(self) -> None:
        """Look at each service once, and start again what is due."""
        now = self._now()
        for watched in self._watched:
            if watched.service.pid:
                if now - watched.started_at >= STEADY_AFTER_SECONDS:
                    watched.delay_seconds = FIRST_DELAY_SECONDS
            elif watched.start_again_at is None:
                self._plan(watched, "has ended")
            elif now >= watched.start_again_at:
                self._start(watched)

    def watch(self, stop: threading.Event) -> None:
        """Look ten times a second until `stop` is set."""
        while not stop.wait(0.1):
            self.look()

    def stop(self) -> None:
        """Stop every service, the last one first. What was not running stays so."""
        while self._watched:
            self._watched.pop().service.stop()

    def _start(self, watched: _Watched) -> None:
        watched.start_again_at = None
        watched.started_at = self._now()
        try:
            watched.service.start()
        except Exception as error:  # noqa: BLE001 - whatever it was, the others run on and this one is tried again
            self._plan(watched, f"cannot start: {error}")

    def _plan(self, watched: _Watched, what: str) -> None:
        self._say(f"{watched.name} {what}; starting it again in {watched.delay_seconds:g} s")
        watched.start_again_at = self._now() + watched.delay_seconds
        watched.delay_seconds = min(2 * watched.delay_seconds, LONGEST_DELAY_SECONDS)


def own_command(*arguments: str) -> list[str | Path]:
    """The program line of one of our own commands, whatever PATH says."""
    return [sys.executable, "-m", "api.cli", *arguments]
