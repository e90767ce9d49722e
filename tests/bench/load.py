"""A lean HTTP client that keeps some connections busy: `python -m tests.bench.load PORT CONNECTIONS < requests`.

Each line of the input is `{"seconds": …, "requests": ["…", …]}`: whole requests, sent round and round. Each line of
the output is how many answers came in how many seconds. A process of its own, so that it never shares the
interpreter with what it measures.
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

_BODY_MARK = b"\r\n\r\n"
_LENGTH_MARK = b"content-length: "


class _Asker(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, work: "_Work") -> None:
        self._work = work
        self._received = bytearray()
        self._expected = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own
        self._transport.write(self._work.next())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._expected:
            head = self._received.find(_BODY_MARK)
            if head < 0:
                return
            if not self._received.startswith(b"HTTP/1.1 200"):
                self._work.refuse(bytes(self._received[:2000]))
                return
            at = self._received.lower().find(_LENGTH_MARK) + len(_LENGTH_MARK)
            length = int(self._received[at : self._received.index(b"\r", at)])
            self._expected = head + len(_BODY_MARK) + length
        if len(self._received) < self._expected:
            return
        self._received.clear()
        self._expected = 0
        if self._work.answered():
            self._transport.write(self._work.next())
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._work.left()


class _Work:
    """One measurement: what to send, until when, and how many answers came."""

    def __init__(self, requests: list[bytes], seconds: float, connections: int) -> None:
        self._requests, self._until = requests, time.perf_counter() + seconds
        self._sent = self.count = 0
        self._open = connections
        self.done = asyncio.get_running_loop().create_future()

    def next(self) -> bytes:
        self._sent += 1
        return self._requests[self._sent % len(self._requests)]

    def answered(self) -> bool:
        self.count += 1
        return time.perf_counter() < self._until

    def refuse(self, answer: bytes) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(answer.decode(errors="replace")))

    def left(self) -> None:
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)


async def _measure(port: int, connections: int) -> None:
    loop = asyncio.get_running_loop()
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.perf_counter()
        work = _Work([request.encode() for request in asked["requests"]], asked["seconds"], connections)
        for _ in range(connections):
            await loop.create_connection(lambda work=work: _Asker(work), "127.0.0.1", port)  # type: ignore[misc]
        async with asyncio.timeout(asked["seconds"] + 30):
            await work.done
        sys.stdout.write(json.dumps({"answers": work.count, "seconds": time.perf_counter() - began}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_measure(int(sys.argv[1]), int(sys.argv[2])))
