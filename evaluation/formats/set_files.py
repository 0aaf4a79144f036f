"""A set version as files: rows for every format, and the layout that Hugging Face reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from labeling.formats.rows import Format, Kind
from labeling.formats.writing import OutColumn, Written

INPUTS: dict[str, Kind] = {
    "external_id": Kind.TEXT,
    "group": Kind.TEXT,
    "occurred_at": Kind.TIME,
    "content": Kind.TEXT,
    "attributes": Kind.TEXT,
}
WHOLE: dict[str, Kind] = {
    **INPUTS,
    "references": Kind.TEXT,
    "weight": Kind.NUMBER,
    "stratum": Kind.TEXT,
    "inclusion_probability": Kind.NUMBER,
    "content_digest": Kind.TEXT,
    "adjudication": Kind.TEXT,
    "erased_at": Kind.TIME,
}
NESTED = ("content", "attributes", "references")
CARD = "README.md"
CARD_TEXT = """---
pretty_name: {name}
configs:
- config_name: default
  data_files:
  - split: test
    path: {data}
---

# {title}

{rows} examples of an evaluation set, frozen as version {number}. Not for training.

- What predictions answer: `{criterion}`
- Provenance: {provenance}
- Digest of the version: `{digest}`

Columns: `content.*` is what was asked, `attributes.*` what is known about it{more}
`manifest.json` says what the version rests on and holds the SHA-256 of each file.

```python
from datasets import load_dataset

examples = load_dataset("path/to/this/folder", split="test")
```
"""
MORE = {
    "whole": (
        ", `references.*` the\nright answers, `weight` how many items of the traffic a row stands"
        " for."
    ),
    "inputs": ". Right answers are\nleft out.",
}


class Layout(StrEnum):
    """How a set version leaves: one data file, or a folder with a card."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HUGGING_FACE = "huggingface"

    @property
    def file_format(self) -> Format:
        return Format.PARQUET if self is Layout.HUGGING_FACE else Format(self.value)

    @property
    def data_name(self) -> str:
        """The name of the data file; a split is called so in Hugging Face's layout."""
        stem = "test" if self is Layout.HUGGING_FACE else "examples"
        return f"{stem}.{self.file_format}"


def columns_of(
    table: Mapping[str, Kind], names: Mapping[str, Iterable[str]], *, is_flat: bool
) -> list[OutColumn]:
    """The columns of a table; names: what stands in each nested one where rows are flat.

    >>> [column.name for column in columns_of(INPUTS, {"content": ["text"]}, is_flat=True)]
    ['external_id', 'group', 'occurred_at', 'content.text']
    """
    columns = []
    for column, kind in table.items():
        if is_flat and column in NESTED:
            columns += [OutColumn(f"{column}.{name}") for name in names.get(column, ())]
        else:
            columns.append(OutColumn(column, kind))
    return columns


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row with a value for each flat column that it fills.

    >>> flat({"external_id": "1", "references": {"topic": "refund"}})
    {'external_id': '1', 'references.topic': 'refund'}
    """
    plain = dict(row)
    for column in NESTED:
        for name, value in (plain.pop(column, None) or {}).items():
            plain[f"{column}.{name}"] = value
    return plain


def write_card(
    folder: Path, about: Mapping[str, Any], data: str, rows: int
) -> tuple[Path, Written]:
    """Write the card of a folder; what comes from people stands in it as plain text."""
    path = folder / CARD
    body = CARD_TEXT.format(
        name=json.dumps(about["set"]["name"]),
        title=_plain(f"{about['set']['name']} v{about['number']}"),
        data=data,
        rows=rows,
        number=about["number"],
        criterion=_plain(about["criterion"]),
        provenance=about["provenance"],
        digest=about["digest_of_version"],
        more=MORE[about["contents"]],
    ).encode()
    path.write_bytes(body)
    return path, Written(body.count(b"\n"), len(body), sha256(body).hexdigest())


def _plain(text: str) -> str:
    """A name on one line, with nothing that Markdown or HTML would act on.

    >>> _plain("a *b*\\n<c>")
    'a b c'
    """
    return " ".join("".join(" " if c in "*_`<>[]#|\n\r" else c for c in text).split())
