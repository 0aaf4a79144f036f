"""What has changed between two versions of a rubric, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.formats.rubric_files import document_of
from labeling.models import Criterion, Rubric, RubricChange, RubricVersion
from labeling.policy.rubric_changes import Change, Edit, Kind, Part, changes
from labeling.policy.rubric_decisions import Decided, decide, undecided
from labeling.policy.rubric_parts import Problem
from labeling.policy.values import NONE_OF_THESE
from labeling.reports.rubric_texts import Line, lines_between, texts_of

#: Of a change of many texts so many are shown, of many options so many named.
TEXTS_SHOWN, NAMES_SHOWN = 20, 8

RUBRIC, CRITERION, OPTION, NODE = Part.RUBRIC, Part.CRITERION, Part.OPTION, Part.NODE
SENTENCES = {
    (RUBRIC, Kind.WORDING): gettext_lazy("The guidance is reworded"),
    (RUBRIC, Kind.TRANSLATION): gettext_lazy("The guidance is reworded in %(what)s"),
    (RUBRIC, Kind.MOVED): gettext_lazy("The questions stand in another order"),
    (CRITERION, Kind.ADDED): gettext_lazy("The question is new"),
    (CRITERION, Kind.REMOVED): gettext_lazy("The question is no longer asked"),
    (CRITERION, Kind.MOVED): gettext_lazy("The options stand in another order"),
    (CRITERION, Kind.TRANSLATION): gettext_lazy("The wording in %(what)s has changed"),
    (CRITERION, Kind.KIND): gettext_lazy("It is answered in another way: %(old)s, now %(new)s"),
    (CRITERION, Kind.SUBJECT): gettext_lazy("It is about something else: %(old)s, now %(new)s"),
    (OPTION, Kind.ADDED): gettext_lazy("%(into)s is new"),
    (OPTION, Kind.REMOVED): gettext_lazy("%(keys)s is no longer an option"),
    (OPTION, Kind.RENAMED): gettext_lazy("%(keys)s is called %(into)s"),
    (OPTION, Kind.MERGED): gettext_lazy("%(keys)s: merged into %(into)s"),
    (OPTION, Kind.SPLIT): gettext_lazy("%(keys)s is split: %(into)s"),
    (OPTION, Kind.RESCALED): gettext_lazy("The scale has other steps: %(keys)s, now %(into)s"),
    (OPTION, Kind.WORDING): gettext_lazy("%(into)s is explained in other words"),
    (NODE, Kind.ADDED): gettext_lazy("Labels that are new: %(into)s"),
    (NODE, Kind.REMOVED): gettext_lazy("Labels that are gone: %(keys)s"),
    (NODE, Kind.MERGED): gettext_lazy("%(keys)s: merged into %(into)s"),
    (NODE, Kind.SPLIT): gettext_lazy("%(keys)s is split: %(into)s"),
    (NODE, Kind.SETTING): gettext_lazy("Labels no longer offered, or offered again: %(keys)s"),
    (NODE, Kind.MOVED): gettext_lazy("Labels that stand elsewhere in the tree: %(keys)s"),
    (NODE, Kind.RENAMED): gettext_lazy("Labels with another name: %(keys)s"),
    (NODE, Kind.WORDING): gettext_lazy("Labels explained in other words: %(keys)s"),
}
FIELDS = {
    "prompt": gettext_lazy("The question is reworded"),
    "help": gettext_lazy("The explanation is reworded"),
    "taxonomy": gettext_lazy("The taxonomy is another, or has another name"),
    "required": gettext_lazy("Whether an answer is required has changed"),
    "terms": gettext_lazy("What can be answered has other limits"),
    "when": gettext_lazy("It is asked under another condition"),
    "cannot_tell": gettext_lazy("Whether “cannot tell” is an answer has changed"),
    "propose": gettext_lazy("Whether “none of these” is an answer has changed"),
    "critical": gettext_lazy("Whether a wrong answer is critical has changed"),
    "counts": gettext_lazy("Whether it counts in agreement has changed"),
    "distance": gettext_lazy("How far its answers are apart has changed"),
}
IN_WORDS = {Kind.KIND: Criterion.Kind, Kind.SUBJECT: Criterion.Subject}


@dataclass(frozen=True)
class Told:
    """A change in words; `texts` are otherwise now; `then` and `now` name its values."""

    change: Change
    question: str
    sentence: str
    texts: list[tuple[str, str]]
    then: Mapping[str, str]
    now: Mapping[str, str]

    @property
    def lines(self) -> list[list[Line]]:
        """Its texts line by line, each line that differs with its mark."""
        return [lines_between(old, new) for old, new in self.texts]


@dataclass(frozen=True)
class Shown:
    """A draft's change in words, its decision (empty while there is none), and the choices."""

    told: Told
    decided: Decided
    decision: str
    choices: list[tuple[str, str]]

    @property
    def pairs(self) -> list[tuple[str, str, str]]:
        """Each old value: its key, its name, and the new value that stands for it."""
        names, mapping = self.told.then, self.decided.mapping
        return [(key, names.get(key, key), mapping.get(key, "")) for key in self.told.change.keys]

    @property
    def values(self) -> list[tuple[str, str]]:
        """The values that can stand for an old one."""
        return [(value, self.told.now.get(value, value)) for value in self.decided.values]


@dataclass(frozen=True)
class Kept:
    """A change of a published version with its row, unless it was published before there were."""

    told: Told
    row: RubricChange | None

    @property
    def is_meaning(self) -> bool:
        return self.row.is_meaning if self.row else self.told.change.is_meaning

    @property
    def mapping(self) -> Mapping[str, str]:
        """Which answer stands for which, where that was decided."""
        is_mapped = self.row and self.row.decision == RubricChange.Decision.MAP
        return self.row.mapping if self.row and is_mapped else {}


def told_between(before: RubricVersion, after: RubricVersion) -> list[Told]:
    """The changes from one version to another, whichever is the newer one."""
    old, new = document_of(before), document_of(after)
    return told(changes(old, new), old, new)


def told(found: Iterable[Change], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Told]:
    """Changes between two documents in words."""
    rows = {row["key"]: row for row in [*old["criteria"], *new["criteria"]]}
    then, now = _names_by_criterion(old), _names_by_criterion(new)
    return [
        _told(
            change,
            rows.get(change.criterion, {}).get("prompt", ""),
            then.get(change.criterion, {}),
            now.get(change.criterion, {}),
        )
        for change in found
    ]


def decided_of(version: RubricVersion, before: RubricVersion) -> list[Decided]:
    """The changes that a draft brings, each with what is decided about earlier answers."""
    old, new = document_of(before), document_of(version)
    return decide(changes(old, new), version.decisions, old, new)


def open_points(version: RubricVersion, before: RubricVersion | None) -> list[Problem]:
    """The changes of a draft that somebody has yet to decide about."""
    return undecided(decided_of(version, before)) if before else []


def shown_decisions(version: RubricVersion, before: RubricVersion) -> list[Shown]:
    """A draft's changes in words, with what is decided about each and what could be."""
    old, new = document_of(before), document_of(version)
    decided = decide(changes(old, new), version.decisions, old, new)
    words = told((one.change for one in decided), old, new)
    names = RubricChange.Decision
    return [
        Shown(
            said,
            one,
            str(names(one.decision).label) if one.decision else "",
            [(choice.value, str(names(choice).label)) for choice in one.choices],
        )
        for said, one in zip(words, decided, strict=True)
    ]


def kept_with(version: RubricVersion, before: RubricVersion) -> list[Kept]:
    """What a published version changed, in words, with what was decided then."""
    rows = {row.ident: row for row in version.changes.select_related("decided_by__user")}
    return [Kept(one, rows.get(one.change.ident)) for one in told_between(before, version)]


def ends_of(rubric: Rubric) -> dict[int, datetime]:
    """Until when each version was the one to ask, by number: retired, or followed by another."""
    rows = rubric.versions.exclude(state=RubricVersion.State.DRAFT).order_by("number")
    ends: dict[int, datetime] = {}
    times = list(rows.values_list("number", "published_at", "retired_at"))
    for (number, _from, retired), later in zip_longest(times, times[1:]):
        known = [at for at in (retired, later[1] if later else None) if at]
        if known:
            ends[number] = min(known)
    return ends


def _told(change: Change, question: str, then: dict[str, str], now: dict[str, str]) -> Told:
    pattern = SENTENCES.get((change.part, change.kind)) or FIELDS[change.what]
    edit = change.edits[0] if change.edits else Edit((), "", "")
    spoken = IN_WORDS.get(change.kind)
    words = {
        "what": change.what,
        "keys": _listed(change.keys, then),
        "into": _listed(change.into, now),
        "old": spoken(edit.old or "input").label if spoken else "",
        "new": spoken(edit.new or "input").label if spoken else "",
    }
    texts = texts_of(change, then, now)[:TEXTS_SHOWN]
    return Told(change, question, str(pattern) % words, texts, then, now)


def _listed(keys: tuple[str, ...], names: Mapping[str, str]) -> str:
    shown = ", ".join(f"“{names.get(key, key)}”" for key in keys[:NAMES_SHOWN])
    more = len(keys) - NAMES_SHOWN
    return _("%(shown)s and %(more)d more") % {"shown": shown, "more": more} if more > 0 else shown


def _names_by_criterion(document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {row["key"]: _names(row) for row in document["criteria"]}


def _names(criterion: Mapping[str, Any]) -> dict[str, str]:
    if criterion["kind"] == "yes_no":
        return {"yes": _("Yes"), "no": _("No")}
    nodes = (criterion.get("taxonomy") or {}).get("nodes", [])
    names = {row["key"]: row["label"] for row in criterion.get("options") or nodes}
    return names | ({NONE_OF_THESE: _("None of these")} if criterion.get("propose") else {})
