#!/usr/bin/env python3
"""Fettle from scripts, shells and notebooks: push items in, pull labels out.

One file without dependencies, for Python 3.9 or newer. Keep it beside your code.

    export FETTLE_URL=https://fettle.example.org FETTLE_TOKEN=… FETTLE_PROJECT=support
    python client.py push items.jsonl
    python client.py labels QUEUE > labels.jsonl
    python client.py gate GATE VERSION --wait --junit gate.xml   # exit status 0 pass, 1 fail

    from client import Fettle
    fettle = Fettle()                      # or Fettle(url, token, project)
    fettle.push({"external_id": "1", "content": {"text": "Where is my order?"}} for …)
    for label in fettle.labels("Week 5"):  # a queue by its name or uid
        print(label["external_id"], label["answers"])
    fettle.frame("Week 5")                 # the same as a pandas DataFrame
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any, Union
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

__all__ = ["Fettle", "FettleError"]

Row = dict[str, Any]
Rows = Union[Iterable[Row], str, Path]

Body = Union[bytes, IO[bytes], None]
JSON = "application/json"
SPOOLED_IN_MEMORY = 8_000_000
TRIES = 6
LONGEST_WAIT = 60.0
WORTH_TRYING_AGAIN = {429, 502, 503, 504}
PAGE = 500


class FettleError(Exception):
    """What went wrong: the server's code (`not_found`, `throttled` …), sentence and status."""

    def __init__(self, code: str, message: str, status: int = 0, fields: Row | None = None):
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields or {}


class Fettle:
    """One project on one server.

    What is left out comes from the environment: FETTLE_URL, FETTLE_TOKEN, FETTLE_PROJECT.
    """

    def __init__(
        self,
        url: str = "",
        token: str = "",
        project: str = "",
        *,
        timeout: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.url = (url or os.environ.get("FETTLE_URL", "")).rstrip("/")
        self.project = project or os.environ.get("FETTLE_PROJECT", "")
        self._token = token or os.environ.get("FETTLE_TOKEN", "")
        self._timeout = timeout
        self._sleep = sleep
        self._open = build_opener(_StayHere).open
        settings = [
            ("FETTLE_URL", self.url),
            ("FETTLE_TOKEN", self._token),
            ("FETTLE_PROJECT", self.project),
        ]
        missing = [name for name, value in settings if not value]
        if missing:
            raise FettleError("not_set_up", f"Say {', '.join(missing)}.")
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise FettleError("not_set_up", "FETTLE_URL must begin with http:// or https://.")

    def push(
        self,
        rows: Rows,
        *,
        valid_only: bool = False,
        progress: Callable[[Row], None] | None = None,
    ) -> Row:
        """Bring items in: an iterable of rows, or the path of a file of JSON lines.

        All rows are taken or none; with valid_only the good ones even if others are refused. The
        same row again changes nothing, so a push that broke off can simply be started anew.
        Returns the import: uid, accepted, unchanged, refused, refused_rows (the first hundred).
        Raises FettleError whose `fields` name refused lines with their reasons.
        """
        path = f"projects/{self.project}/items/"
        if valid_only:
            path += "?valid_rows_only=true"
        with _spooled(rows) as body:
            batch: Row = self._json("POST", path, body, "application/x-ndjson")
        self._wait_for(batch, "imports", progress)
        if batch["state"] != "done":
            lines = {f"line {row['line']}": [row["reason"]] for row in batch["refused_rows"]}
            raise FettleError("refused", batch["error"] or "Nothing was taken.", 400, lines)
        return batch

    def imports(self) -> Iterator[Row]:
        """The project's imports, newest first."""
        return self._pages(f"projects/{self.project}/imports/")

    def queues(self) -> Iterator[Row]:
        """The project's queues, newest first."""
        return self._pages(f"projects/{self.project}/queues/")

    def labels(self, queue: str) -> Iterator[Row]:
        """The adjudicated labels of a queue, given by uid or name, in the order of settling."""
        return self._pages(f"queues/{self._queue(queue)}/labels/")

    def annotations(self, queue: str) -> Iterator[Row]:
        """Every answer of every annotator in a queue, also those that no longer count."""
        return self._pages(f"queues/{self._queue(queue)}/annotations/")

    def frame(self, queue: str) -> Any:
        """The labels of a queue as a pandas DataFrame, one column for each field and criterion."""
        try:
            import pandas
        except ImportError as error:
            raise FettleError("no_pandas", "frame() needs pandas; labels() does not.") from error
        return pandas.DataFrame([_flat(row) for row in self.labels(queue)])

    def export(
        self,
        path: str | Path,
        kind: str = "adjudications",
        file_format: str = "jsonl",
        *,
        queue: str = "",
        progress: Callable[[Row], None] | None = None,
        **options: Any,
    ) -> Row:
        """Have an archive with its manifest written, fetch it to `path`, and return the manifest.

        progress: called with the job (`state`, `done`, `total`, `message`) while one waits.
        """
        asked = {"kind": kind, "file_format": file_format, **options}
        if queue:
            asked["queue"] = self._queue(queue)
        made = self._json("POST", f"projects/{self.project}/exports/", _body(asked))
        self._wait_for(made, "exports", progress)
        if made["state"] != "done":
            raise FettleError("export_failed", made["error"] or "The export was not written.")
        self._fetch(f"exports/{made['uid']}/file/", Path(path))
        manifest: Row = made["manifest"]
        return manifest

    def versions(self) -> Iterator[Row]:
        """The project's model versions, newest first."""
        return self._pages(f"projects/{self.project}/versions/")

    def register(self, name: str, **fields: Any) -> Row:
        """Register a model version; fields: state, commit, digest, link, training_digest."""
        path = f"projects/{self.project}/versions/"
        version: Row = self._json("POST", path, _body({"name": name, **fields}))
        return version

    def send_predictions(
        self, version: str, rows: Rows, *, progress: Callable[[Row], None] | None = None
    ) -> Row:
        """Send a version's predictions: rows or a file of external_id, prediction, confidence.

        Returns the upload: accepted, unchanged, refused, refused_rows (the first hundred).
        """
        path = f"versions/{self._uid('version', version)}/predictions/"
        with _spooled(rows) as body:
            upload: Row = self._json("POST", path, body, "application/x-ndjson")
        self._wait_for(upload, "uploads", progress)
        return upload

    def gate(self, gate: str, candidate: str, baseline: str = "", *, wait: bool = True) -> Row:
        """Ask a gate about a version, each given by uid or name; with wait, until it is decided.

        Without a baseline the live version is meant. Returns the verdict: outcome, sentence, …
        """
        asked = {"candidate": self._uid("version", candidate)}
        if baseline:
            asked["baseline"] = self._uid("version", baseline)
        path = f"gates/{self._uid('gate', gate)}/verdicts/"
        verdict: Row = self._json("POST", path, _body(asked))
        pause = 0.2
        while wait and verdict["outcome"] == "pending":
            self._sleep(pause)
            pause = min(5.0, pause * 1.5)
            verdict = self._json("GET", f"verdicts/{verdict['uid']}/")
        return verdict

    def junit(self, verdict: Row, path: str | Path) -> None:
        """Save a decided verdict as JUnit XML."""
        self._fetch(f"verdicts/{verdict['uid']}/junit/", Path(path))

    def _queue(self, queue: str) -> str:
        return self._uid("queue", queue)

    def _uid(self, noun: str, given: str) -> str:
        """The uid of a row that is given by uid or name."""
        if len(given) == 36 and given.count("-") == 4:
            return given
        rows = self._pages(f"projects/{self.project}/{noun}s/")
        found = [row["uid"] for row in rows if row["name"] == given]
        if len(found) != 1:
            problem = f"There is no {noun}" if not found else f"There are several {noun}s"
            raise FettleError(f"no_such_{noun}", f"{problem} called {given!r}.")
        return str(found[0])

    def _wait_for(self, row: Row, noun: str, progress: Callable[[Row], None] | None) -> None:
        """Ask after a row that a job works on, until it has ended."""
        wait = 0.2
        while row["state"] == "running":
            self._sleep(wait)
            wait = min(5.0, wait * 1.5)
            if progress and row.get("job"):
                progress(self._json("GET", f"jobs/{row['job']}/"))
            row.update(self._json("GET", f"{noun}/{row['uid']}/"))

    def _pages(self, path: str) -> Iterator[Row]:
        url = f"{path}?{urlencode({'page_size': PAGE})}"
        while url:
            page = self._json("GET", url)
            yield from page["results"]
            url = page["next"] or ""

    def _json(self, method: str, path: str, body: Body = None, kind: str = JSON) -> Any:
        with self._ask(method, path, body, kind) as answer:
            return json.loads(answer.read() or b"null")

    def _fetch(self, path: str, target: Path) -> None:
        """Save a download under its name only once it is there as a whole."""
        unfinished = target.with_name(target.name + ".part")
        with self._ask("GET", path) as answer, unfinished.open("wb") as file:
            expected = answer.headers.get("Content-Length")
            while True:
                block = answer.read(1 << 20)
                if not block:
                    break
                file.write(block)
        if expected and unfinished.stat().st_size != int(expected):
            unfinished.unlink()
            raise FettleError("broken_off", "The download broke off; try again.")
        unfinished.replace(target)

    def _ask(self, method: str, path: str, body: Body = None, kind: str = JSON) -> HTTPResponse:
        """One request, tried again while the server is busy or away."""
        for attempt in range(TRIES):
            try:
                return self._ask_once(method, path, body, kind)
            except HTTPError as error:
                problem, wait = _problem(error), _retry_after(error)
                if error.code not in WORTH_TRYING_AGAIN:
                    raise problem from None
            except (URLError, HTTPException, OSError) as error:
                problem = FettleError("unreachable", f"{self.url} does not answer: {error}")
                wait = 0.0
            if attempt < TRIES - 1:
                spread = random.uniform(0.5, 1.0)
                self._sleep(min(LONGEST_WAIT, max(wait, spread * 2**attempt)))
        raise problem

    def _ask_once(self, method: str, path: str, body: Body, kind: str) -> HTTPResponse:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json, */*;q=0.1",
        }
        if body is not None:
            headers["Content-Type"] = kind
            headers["Content-Length"] = str(_rewound(body))
        address = self._address(path)
        request = Request(address, data=body, headers=headers, method=method)
        answer: HTTPResponse = self._open(request, timeout=self._timeout)
        return answer

    def _address(self, path: str) -> str:
        """Pages name the next one in full; the token goes to our own server only."""
        if not path.startswith(("http://", "https://")):
            return f"{self.url}/api/v1/{path}"
        parts = urlsplit(path)
        return f"{self.url}{parts.path}?{parts.query}"


class _StayHere(HTTPRedirectHandler):
    """Never carries the token to wherever a redirect leads."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        raise FettleError(
            "redirected", f"The server answers from {newurl}: use that as FETTLE_URL.", code
        )


def _spooled(rows: Rows) -> IO[bytes]:
    """The rows as one body that can be sent again; from a file, as it is."""
    if isinstance(rows, (str, Path)):
        return Path(rows).open("rb")
    body = tempfile.SpooledTemporaryFile(SPOOLED_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    for row in rows:
        body.write(_body(row) + b"\n")
    return body


def _rewound(body: bytes | IO[bytes]) -> int:
    """Put a body back to its beginning and say how long it is."""
    if isinstance(body, bytes):
        return len(body)
    body.seek(0, os.SEEK_END)
    size = body.tell()
    body.seek(0)
    return size


def _body(row: Row) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise FettleError("not_json", f"A row cannot be sent as JSON: {error}") from error


def _flat(row: Row) -> Row:
    """One label with a column for each field and criterion."""
    flat = {
        name: value
        for name, value in row.items()
        if name not in {"content", "attributes", "answers"}
    }
    flat.update((f"content.{name}", value) for name, value in row["content"].items())
    flat.update((f"attributes.{name}", value) for name, value in row["attributes"].items())
    flat.update((name, answer["value"]) for name, answer in row["answers"].items())
    return flat


def _problem(error: HTTPError) -> FettleError:
    try:
        said = json.loads(error.read())
        return FettleError(said["code"], said["message"], error.code, said.get("fields"))
    except (ValueError, KeyError, TypeError, OSError):
        return FettleError("error", f"The server answered {error.code} {error.reason}.", error.code)


def _retry_after(error: HTTPError) -> float:
    try:
        return float(error.headers.get("Retry-After", 0))
    except ValueError:
        return 0.0


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit status 1 when something was refused or went wrong; `gate`: see it."""
    asked = _parser().parse_args(arguments)
    try:
        return _run(asked)
    except FettleError as error:
        sys.stderr.write(f"{error}\n")
        for line, reasons in error.fields.items():
            sys.stderr.write(f"{line}: {' '.join(map(str, reasons))}\n")
    except OSError as error:
        sys.stderr.write(f"{error}\n")
    return 2 if asked.command == "gate" else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Push items to Fettle, pull labels from it.")
    commands = parser.add_subparsers(dest="command", required=True)
    push = commands.add_parser("push", help="bring a file of JSON lines in")
    push.add_argument("file")
    push.add_argument("--valid-only", action="store_true", help="take the good rows in any case")
    for name, what in (("labels", "adjudicated labels"), ("annotations", "every answer given")):
        pull = commands.add_parser(name, help=f"print {what} of a queue as JSON lines")
        pull.add_argument("queue", help="its name or uid")
    commands.add_parser("queues", help="print the queues as JSON lines")
    commands.add_parser("imports", help="print the imports as JSON lines")
    commands.add_parser("versions", help="print the model versions as JSON lines")
    predict = commands.add_parser("predict", help="send a version's predictions, JSON lines")
    predict.add_argument("version", help="its name or uid")
    predict.add_argument("file")
    export = commands.add_parser("export", help="fetch an archive with its manifest")
    export.add_argument("out")
    kinds = ["adjudications", "annotations", "items"]
    export.add_argument("--kind", default="adjudications", choices=kinds)
    export.add_argument("--format", default="jsonl", choices=["jsonl", "csv", "parquet"])
    export.add_argument("--queue", default="", help="its name or uid; all queues without it")
    gate = commands.add_parser("gate", help="exit 0 pass, 1 fail, 2 not asked, 3 not decided")
    gate.add_argument("gate", help="its name or uid")
    gate.add_argument("candidate", help="the version's name or uid")
    gate.add_argument("--baseline", default="", help="the live version unless named")
    gate.add_argument("--wait", action="store_true", help="until it is decided")
    gate.add_argument("--junit", default="", help="write JUnit XML here; waits")
    return parser


def _run(asked: argparse.Namespace) -> int:
    fettle = Fettle()
    if asked.command == "push":
        return _told(fettle.push(asked.file, valid_only=asked.valid_only, progress=_tell))
    if asked.command == "predict":
        return _told(fettle.send_predictions(asked.version, asked.file, progress=_tell))
    if asked.command == "gate":
        return _gate(fettle, asked)
    if asked.command == "export":
        kind, file_format = asked.kind, asked.format
        made = fettle.export(asked.out, kind, file_format, queue=asked.queue, progress=_tell)
        sys.stderr.write(f"{made['files'][0]['rows']} rows in {asked.out}\n")
        return 0
    method = getattr(fettle, asked.command)
    for row in method(asked.queue) if hasattr(asked, "queue") else method():
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 0


def _told(found: Row) -> int:
    for row in found["refused_rows"]:
        sys.stderr.write(f"line {row['line']}: {row['reason']}\n")
    counts = (f"{found[name]} {name}" for name in ("accepted", "unchanged", "refused"))
    sys.stdout.write(", ".join(counts) + "\n")
    return 1 if found["refused"] else 0


def _gate(fettle: Fettle, asked: argparse.Namespace) -> int:
    wait = asked.wait or bool(asked.junit)
    verdict = fettle.gate(asked.gate, asked.candidate, asked.baseline, wait=wait)
    sys.stdout.write(f"{verdict['outcome']}: {verdict['sentence']}\n")
    if asked.junit:
        fettle.junit(verdict, asked.junit)
    return {"pass": 0, "fail": 1}.get(verdict["outcome"], 3)


def _tell(job: Row) -> None:
    sys.stderr.write(f"{job['state']} {job['message']}\n")


if __name__ == "__main__":
    sys.exit(main())
