"""What a support message of the demo's shop can be about."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

OUT_OF_SCOPE = "other"


@dataclass(frozen=True, slots=True)
class Node:
    """A branch or an intent of the taxonomy, worded in each language."""

    key: str
    parent: str | None
    label: dict[str, str]
    means: dict[str, str]
    synonyms: dict[str, list[str]]
    confused_with: tuple[str, ...] = ()
    share: int = 0
    kinds: tuple[str, ...] = ()

    @property
    def is_intent(self) -> bool:
        return self.share > 0


@cache
def taxonomy() -> dict[str, Node]:
    """All nodes by key, a branch before its intents."""
    return {key: _node(key, fields) for key, fields in read_toml("taxonomy").items()}


@cache
def intents() -> tuple[Node, ...]:
    """What the model chooses from: the leaves."""
    return tuple(node for node in taxonomy().values() if node.is_intent)


@cache
def most_common_intent() -> str:
    return max(intents(), key=lambda node: node.share).key


def branch_of(key: str) -> str:
    """The branch an intent belongs to; a branch, or what is out of scope, is its own."""
    return taxonomy()[key].parent or key


@cache
def siblings(key: str) -> tuple[str, ...]:
    """The other intents of the same branch."""
    parent = taxonomy()[key].parent
    return tuple(
        node.key for node in intents() if parent and node.parent == parent and node.key != key
    )


def read_toml(name: str) -> dict[str, Any]:
    """One of the texts that lie beside this module."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def _node(key: str, fields: dict[str, Any]) -> Node:
    return Node(
        key=key,
        parent=fields.get("parent"),
        label=fields["label"],
        means=fields["means"],
        synonyms=fields["synonyms"],
        confused_with=tuple(fields.get("confused_with", ())),
        share=fields.get("share", 0),
        kinds=tuple(fields.get("kinds", ())),
    )
