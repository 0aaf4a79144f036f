"""Texts that say which model wrote them: by its name, or by how assistants speak of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Families of models and their makers; words of everyday language only with what makes them one.
KNOWN = re.compile(
    r"\b(?:chat ?gpt|gpt[- ]?\d[\w.-]{0,20}|openai|anthropic|claude(?:[- ](?:\d|opus|sonnet|haiku))"
    r"|gemini(?:[- ](?:\d|pro|ultra|flash|nano))|google bard|palm ?2|llama(?:[- ]?\d[\w.-]{0,20})"
    r"|mistral(?:[- ](?:ai|\d|large|small|medium))|mixtral|vicuna|qwen|deepseek|cohere|dolly[- ]\d"
    r"|grok(?:[- ]\d)|falcon[- ]\d|pythia[- ]\d"
    r"|(?:as )?an? (?:ai|large|artificial) (?:language )?(?:model|assistant)|as an ai\b)",
    re.IGNORECASE,
)
SHORTEST = 3


def names_in(texts: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """What in these texts names a model, each once, in lower case; names: those a project has.

    >>> names_in(["As an AI language model, I cannot.", "Ask reply-v2."], ["reply-v2"])
    ['as an ai language model', 'reply-v2']
    """
    own = _pattern(names)
    found = set()
    for text in texts:
        for pattern in (KNOWN, own):
            if pattern is not None:
                found |= {hit.group().lower() for hit in pattern.finditer(text)}
    return sorted(found)


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Names of a project's own, as whole words."""
    known = [re.escape(name) for name in sorted(set(names)) if len(name) >= SHORTEST]
    return re.compile(rf"(?<!\w)(?:{'|'.join(known)})(?!\w)", re.IGNORECASE) if known else None
