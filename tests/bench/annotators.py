"""People who never pause: one process drives many connections and tells how long each took."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Caller:
    """One connection that stays open; requests go out one after the other."""

    port: int
    headers: str
    times: list[float] = field(default_factory=list)

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer; a worker that makes room for a new one hangs up, and is asked again."""
        status, answer = await self._send(path, body)
        if not status:
            await self.connect()
            status, answer = await self._send(path, body)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {answer[:500]!r}")
        return json.loads(answer)

    async def _send(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{self.headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self.writer.write(head.encode() + content)
        status, length = 0, 0
        while (line := await self.reader.readline()) not in {b"\r\n", b""}:
            if not status:
                status = int(line.split()[1])
            elif line[:15].lower() == b"content-length:":
                length = int(line[15:])
        return status, await self.reader.readexactly(length)


async def judge(caller: Caller, project: str, until: float) -> None:
    """Claim an item, then submit and go on with the next until time is over."""
    await caller.connect()
    shown = await caller.post(f"/api/v1/projects/{project}/claims/", {})
    while time.monotonic() < until:
        criterion = shown["form"]["criteria"][0]
        body = {
            "answers": {criterion["key"]: criterion["options"][0]["key"]},
            "active_ms": 900,
            "next": True,
        }
        start = time.perf_counter()
        answer = await caller.post(f"/api/v1/leases/{shown['lease']['token']}/submit/", body)
        caller.times.append(time.perf_counter() - start)
        shown = answer["next"]


async def store_barely(caller: Caller, body: dict[str, Any], until: float) -> None:
    """The same number of requests to the bare view."""
    await caller.connect()
    body = {**body, "comment": "", "place": 0}
    while time.monotonic() < until:
        start = time.perf_counter()
        body["place"] = (await caller.post("/", body))["place"]
        caller.times.append(time.perf_counter() - start)


async def drive(plan: dict[str, Any]) -> list[list[float]]:
    until = time.monotonic() + plan["seconds"]
    callers = [Caller(plan["port"], person["headers"]) for person in plan["people"]]
    await asyncio.gather(
        *(
            judge(caller, plan["project"], until)
            if plan["project"]
            else store_barely(caller, person["body"], until)
            for caller, person in zip(callers, plan["people"], strict=True)
        )
    )
    return [caller.times for caller in callers if caller.times]


if __name__ == "__main__":
    json.dump(asyncio.run(drive(json.load(sys.stdin))), sys.stdout)
