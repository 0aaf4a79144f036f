#!/usr/bin/env python3
"""Fettle from scripts, shells and notebooks: items in, labels out, versions to their verdict.

One file without dependencies, for Python 3.9 or newer. Keep it beside your code.

    export FETTLE_URL=https://fettle.example.org FETTLE_TOKEN=… FETTLE_PROJECT=support
    python client.py push items.jsonl
    python client.py labels QUEUE > labels.jsonl
    python client.py register v2 && python client.py predict v2 answers.jsonl
    python client.py gate GATE v2 --wait --junit gate.xml   # exit status 0 pass, 1 fail

    from client import Fettle
    fettle = Fettle()                      # or Fettle(url, token, project)
    fettle.push({"external_id": "1", "content": {"text": "Where is my order?"}} for …)
    for label in fettle.labels("Week 5"):  # a queue by its name or uid
        print(label["external_id"], label["answers"])
    fettle.frame("Week 5")                 # the same as a pandas DataFrame
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any, Optional, Union
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

__all__ = ["Fettle", "FettleError"]

Row = dict[str, Any]
Rows = Union[Iterable[Row], str, Path]
Body = Union[bytes, IO[bytes], None]
Progress = Optional[Callable[[Row], None]]

JSON, JSON_LINES = "application/json", "application/x-ndjson"
SPOOLED_IN_MEMORY = 8_000_000
TRIES = 6
LONGEST_WAIT = 60.0
WORTH_TRYING_AGAIN = {429, 502, 503, 504}
UNDER_WAY = {"running", "freezing", "pending"}
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
    """One project on one server; what is left out is read from FETTLE_URL, _TOKEN, _PROJECT.

    Queues, versions, sets and gates are given by name or uid. progress: called with the job
    (`state`, `done`, `total`, `message`) while one waits.
    """

    _sleep = staticmethod(time.sleep)

    def __init__(self, url: str = "", token: str = "", project: str = "", *, timeout: float = 60):
        given = {"FETTLE_URL": url, "FETTLE_TOKEN": token, "FETTLE_PROJECT": project}
        settings = {name: value or os.environ.get(name, "") for name, value in given.items()}
        if missing := [name for name, value in settings.items() if not value]:
            raise FettleError("not_set_up", f"Say {', '.join(missing)}.")
        address, self._token, self.project = settings.values()
        self.url = address.rstrip("/")
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise FettleError("not_set_up", "FETTLE_URL must begin with http:// or https://.")
        self._here = f"projects/{self.project}"
        self._timeout = timeout
        self._open = build_opener(_StayHere).open

    def push(self, rows: Rows, *, valid_only: bool = False, progress: Progress = None) -> Row:
        """Bring items in: an iterable of rows, or the path of a file of JSON lines.

        All rows are taken or none; with valid_only the good ones even if others are refused. The
        same row again changes nothing, so a push that broke off can simply be started anew.
        Returns the import: uid, accepted, unchanged, refused, refused_rows (the first hundred).
        Raises FettleError whose `fields` name refused lines with their reasons.
        """
        chosen = "?valid_rows_only=true" if valid_only else ""
        return self._send(f"{self._here}/items/{chosen}", rows, "imports", progress)

    def imports(self) -> Iterator[Row]:
        """The project's imports, newest first."""
        return self._pages(f"{self._here}/imports/")

    def queues(self) -> Iterator[Row]:
        """The project's queues, newest first."""
        return self._pages(f"{self._here}/queues/")

    def labels(self, queue: str) -> Iterator[Row]:
        """The adjudicated labels of a queue, in the order of settling."""
        return self._pages(f"queues/{self._uid('queue', queue)}/labels/")

    def annotations(self, queue: str) -> Iterator[Row]:
        """Every answer of every annotator in a queue, also those that no longer count."""
        return self._pages(f"queues/{self._uid('queue', queue)}/annotations/")

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
        progress: Progress = None,
        **options: Any,
    ) -> Row:
        """Have an archive with its manifest written, fetch it to `path`; returns the manifest."""
        asked = {"kind": kind, "file_format": file_format, **options}
        if queue:
            asked["queue"] = self._uid("queue", queue)
        made = self._wait(self.call("POST", f"{self._here}/exports/", asked), "exports", progress)
        self._fetch(f"exports/{made['uid']}/file/", Path(path))
        manifest: Row = made["manifest"]
        return manifest

    def freeze(self, name: str, queue: str, criterion: str, *, role: str = "frozen") -> Row:
        """Freeze a queue's labels as a set, or as the next version of the one of this name.

        criterion: the key of what predictions answer; role: frozen, rolling or edge. Returns the
        version: uid, number, size, digest, quality. Raises FettleError if nothing was frozen.
        """
        asked = {"queues": [self._uid("queue", queue)], "criterion": criterion}
        version = self.call("POST", f"sets/{self._set(name, role)}/versions/", asked)
        return self._wait(version, "set-versions")

    def freeze_rows(self, name: str, rows: Rows, label: str = "", *, role: str = "frozen") -> Row:
        """The same from labeled rows, or a file of them; label: the field of the right answer."""
        query = urlencode({"label": label} if label else {})
        path = f"sets/{self._set(name, role)}/labeled-rows/?{query}"
        return self._send(path, rows, "set-versions")

    def versions(self) -> Iterator[Row]:
        """The project's model versions, newest first."""
        return self._pages(f"{self._here}/versions/")

    def register(self, name: str, **fields: Any) -> Row:
        """Register a model version; fields: state, commit, digest, link, training_digest."""
        return self.call("POST", f"{self._here}/versions/", {"name": name, **fields})

    def send_predictions(self, version: str, rows: Rows, *, progress: Progress = None) -> Row:
        """Send a version's predictions: rows or a file of external_id, prediction, confidence.

        Returns the upload: accepted, unchanged, refused, refused_rows (the first hundred).
        """
        path = f"versions/{self._uid('version', version)}/predictions/"
        return self._send(path, rows, "uploads", progress)

    def evaluate(self, version: str, set_name: str) -> Row:
        """Measure a version on a set's newest version: `state`, `missing`, `result` once done."""
        uids = {"version": self._uid("version", version), "set_version": self._frozen(set_name)}
        return self._wait(self.call("POST", f"{self._here}/evaluations/", uids), "evaluations")

    def register_gate(self, name: str, set_name: str, criteria: Iterable[Row] = ()) -> Row:
        """Fix, before there are results, what is asked of candidates on a set's newest version.

        criteria: scope, margin, floor … as the API names them. Without any, the usual ones: no
        worse overall than by 2 points, and in no branch of the reference answer by 10.
        """
        asked: Row = {"name": name, "set_version": self._frozen(set_name)}
        if rows := list(criteria):
            asked["criteria"] = rows
        return self.call("POST", f"{self._here}/gates/", asked)

    def gate(self, gate: str, candidate: str, baseline: str = "", *, wait: bool = True) -> Row:
        """Ask a gate about a version; with wait, until it is decided.

        Without a baseline the live version is meant. Returns the verdict: outcome, sentence, …
        """
        asked = {"candidate": self._uid("version", candidate)}
        if baseline:
            asked["baseline"] = self._uid("version", baseline)
        verdict = self.call("POST", f"gates/{self._uid('gate', gate)}/verdicts/", asked)
        return self._wait(verdict, "verdicts", key="outcome") if wait else verdict

    def junit(self, verdict: Row, path: str | Path) -> None:
        """Save a decided verdict as JUnit XML."""
        self._fetch(f"verdicts/{verdict['uid']}/junit/", Path(path))

    def call(self, method: str, path: str, row: Row | None = None) -> Row:
        """Anything else that the API can do; path: what follows /api/v1/."""
        answer: Row = self._json(method, path, None if row is None else _body(row))
        return answer

    def _uid(self, noun: str, given: str) -> str:
        """The uid of a row that is given by uid or name."""
        if len(given) == 36 and given.count("-") == 4:
            return given
        rows = self._pages(f"{self._here}/{noun}s/")
        found = [row["uid"] for row in rows if row["name"] == given]
        if len(found) != 1:
            problem = f"There is no {noun}" if not found else f"There are several {noun}s"
            raise FettleError(f"no_such_{noun}", f"{problem} called {given!r}.")
        return str(found[0])

    def _set(self, name: str, role: str) -> str:
        """The uid of a set, made if there is none of this name."""
        if any(row["name"] == name for row in self._pages(f"{self._here}/sets/")):
            return self._uid("set", name)
        return str(self.call("POST", f"{self._here}/sets/", {"name": name, "role": role})["uid"])

    def _frozen(self, name: str) -> str:
        """The uid of a set's newest frozen version."""
        for row in self._pages(f"sets/{self._uid('set', name)}/versions/"):
            if row["state"] == "frozen":
                return str(row["uid"])
        raise FettleError("not_frozen", f"Nothing has been frozen as {name!r} so far.")

    def _send(self, path: str, rows: Rows, noun: str, progress: Progress = None) -> Row:
        with _spooled(rows) as body:
            sent = self._json("POST", path, body, JSON_LINES)
        return self._wait(sent, noun, progress)

    def _wait(self, row: Row, noun: str, progress: Progress = None, key: str = "state") -> Row:
        """Ask after a row that a job works on, until it has ended."""
        pause = 0.2
        while row[key] in UNDER_WAY:
            self._sleep(pause)
            pause = min(5.0, pause * 1.5)
            if progress and row.get("job"):
                progress(self.call("GET", f"jobs/{row['job']}/"))
            row = self.call("GET", f"{noun}/{row['uid']}/")
        if row[key] == "failed":
            refused = row.get("refused_rows", ())
            lines = {f"line {one['line']}": [one["reason"]] for one in refused}
            said = row.get("error") or row.get("reason") or "Nothing was taken."
            raise FettleError("refused" if lines else "failed", said, 400, lines)
        return row

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
            shutil.copyfileobj(answer, file)
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
        headers = {"Authorization": f"Bearer {self._token}", "Accept": f"{JSON}, */*;q=0.1"}
        if body is not None:
            headers |= {"Content-Type": kind, "Content-Length": str(_rewound(body))}
        request = Request(self._address(path), data=body, headers=headers, method=method)
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
        said = f"The server answers from {newurl}: use that as FETTLE_URL."
        raise FettleError("redirected", said, code)


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
    flat = {k: value for k, value in row.items() if k not in {"content", "attributes", "answers"}}
    for part in ("content", "attributes"):
        flat.update((f"{part}.{name}", value) for name, value in row[part].items())
    return {**flat, **{name: answer["value"] for name, answer in row["answers"].items()}}


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
