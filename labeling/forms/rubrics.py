"""The rubric's editor: one small form for each of its parts, and what is done to its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from labeling.forms import rubric_marks, rubric_terms
from labeling.forms.names import validate_name
from labeling.forms.rubric_moves import child
from labeling.forms.rubric_rows import WORDED, Row, languages_of
from labeling.models import Criterion, Project, TaxonomyVersion
from labeling.policy.rubric_parts import (
    DESCRIPTION_LIMIT,
    KINDS_WITH_OPTIONS,
    LABEL_LIMIT,
    PROMPT_LIMIT,
    USE_LIMIT,
)
from labeling.policy.rubrics import answers_to
from labeling.policy.terms import FIELDS as TERMS

OPTION_WORDING = re.compile(r"^(criteria\.\d+)\.(translations\.[^.]+)\.options\.([^.]+)\.?(.*)$")
PLACE = re.compile(r"^criteria\.(\d+)(?:\.options\.(\d+))?")
LARGEST_FILE = 2 * 1024 * 1024


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class RowForm(forms.Form):
    """A part of the rubric, its fields named by their places in the document."""

    use_required_attribute = False

    def __init__(self, row: Row, place: str, found: Mapping[str, list[str]]) -> None:
        super().__init__(initial=row.values, prefix=place)
        self._found = ErrorDict()
        self.note(found)

    def note(self, found: Mapping[str, list[str]]) -> None:
        """Put what the rules found beside the fields that there are by now."""
        for name in self.fields:
            if messages := found.get(self.add_prefix(name)):
                self._found[name] = self.error_class(messages)

    def add_prefix(self, field_name: str) -> str:
        return f"{self.prefix}.{field_name}" if self.prefix else field_name

    @property
    def errors(self) -> ErrorDict:
        """What the document's rules found; the form itself checks nothing."""
        return self._found

    def begin_here(self) -> None:
        """Put the focus on the first field."""
        next(iter(self.fields.values())).widget.attrs["data-focus"] = True


class TopForm(RowForm):
    """Name, guidance and languages."""

    name = forms.CharField(label=_("Name"), max_length=120)
    guidance = forms.CharField(
        label=_("Guidance"),
        required=False,
        widget=area(8),
        help_text=_("Markdown. Annotators read it beside the questions."),
    )
    languages = forms.CharField(
        label=_("Translated into"),
        max_length=200,
        required=False,
        help_text=_("Language codes, for example: de es. Each opens fields for its wording."),
    )


class CriterionForm(RowForm):
    """One question."""

    prompt = forms.CharField(label=_("Question"), max_length=PROMPT_LIMIT)
    kind = forms.ChoiceField(label=_("Kind"), choices=Criterion.Kind.choices)
    subject = forms.ChoiceField(label=_("It is about"), choices=Criterion.Subject.choices)
    help = forms.CharField(
        label=_("Explanation"), required=False, widget=area(2), help_text=_("Markdown.")
    )
    taxonomy = forms.ChoiceField(label=_("Taxonomy"), required=False)
    required = forms.BooleanField(label=_("An answer is required"), required=False)
    cannot_tell = forms.BooleanField(label=_("“Cannot tell” is an answer"), required=False)
    key = forms.CharField(
        label=_("Key"),
        max_length=60,
        required=False,
        help_text=_("What exports call it. Left empty, it is made from the question."),
    )

    def __init__(self, row: Row, place: str, found: Mapping[str, list[str]]) -> None:
        super().__init__(row, place, found)
        self.fields |= rubric_terms.fields() | rubric_marks.fields(row.values.get("kind", ""))
        self.note(found)


class OptionForm(RowForm):
    """One answer to choose."""

    label = forms.CharField(label=_("Label"), max_length=LABEL_LIMIT)
    description = forms.CharField(
        label=_("Description or anchor"),
        max_length=DESCRIPTION_LIMIT,
        required=False,
        widget=area(1),
    )
    use_when = forms.CharField(
        label=_("Use it when"), max_length=USE_LIMIT, required=False, widget=area(1)
    )
    avoid_when = forms.CharField(
        label=_("Avoid it when"), max_length=USE_LIMIT, required=False, widget=area(1)
    )
    examples = forms.CharField(label=_("Examples, one a line"), required=False, widget=area(1))
    counterexamples = forms.CharField(
        label=_("Negative examples, one a line"),
        required=False,
        widget=area(1),
        help_text=_("What looks like it and does not belong here."),
    )
    key = forms.CharField(label=_("Key"), max_length=60, required=False)
    replaces = forms.CharField(
        label=_("Replaces"),
        required=False,
        help_text=_("Keys of options of the version before that this one stands for."),
    )


class OptionPart:
    """An option's form and its wording in other languages."""

    def __init__(self, row: Row, place: str, found: Mapping[str, list[str]], codes: list[str]):
        self.form = OptionForm(row, place, found)
        self.wordings = [Wording(row, place, found, code) for code in codes]

    @property
    def is_wrong_inside(self) -> bool:
        """Whether a field that is folded away has something wrong with it."""
        return bool(self.form.errors.keys() - {"label", "description"})


class CriterionPart:
    """A criterion's form, the parts of its options, and its wording in other languages."""

    def __init__(self, row: Row, place: str, found: Mapping[str, list[str]], codes: list[str]):
        self.form = CriterionForm(row, place, found)
        self.kind = row.values.get("kind", "")
        self.depends = False
        self.takes_options = self.kind in KINDS_WITH_OPTIONS
        own = {f"terms.{name}" for name in TERMS.get(self.kind, ())}
        named = [name for name in self.form.fields if name.startswith("terms.")]
        self.terms = [self.form[name] for name in named if name in own]
        others = [name for name in named if name not in own]
        self.kept = [self.form[name] for name in others if row.values.get(name)]
        self.errors = [*found.get(place, []), *found.get(f"{place}.options", [])]
        self.options = [
            OptionPart(option, f"{place}.options.{number}", found, codes)
            for number, option in enumerate(row.rows)
        ]
        self.wordings = [
            Wording(row, place, found, code, labels=self.kind == "taxonomy") for code in codes
        ]

    @property
    def condition(self) -> list[BoundField]:
        """The fields for when it is asked, once it is known what they can name."""
        return [self.form["when.criterion"], self.form["when.answers"]]


class Wording:
    """The fields of a part in one other language."""

    LABELS = {
        "guidance": (_("Guidance"), 6),
        "prompt": (_("Question"), 1),
        "help": (_("Explanation"), 2),
        "label": (_("Label"), 1),
        "description": (_("Description or anchor"), 1),
        "use_when": (_("Use it when"), 1),
        "avoid_when": (_("Avoid it when"), 1),
        "labels": (_("Labels, one a line: key = wording | description"), 4),
    }
    NAMES = WORDED | {"criterion": ("prompt", "help")}

    def __init__(
        self,
        row: Row,
        place: str,
        found: Mapping[str, list[str]],
        code: str,
        *,
        labels: bool = False,
    ) -> None:
        self.code = code
        names = (*self.NAMES[row.kind], *(("labels",) if labels else ()))
        self.form = RowForm(row, place, {})
        for name in names:
            label, rows = self.LABELS[name]
            text = forms.CharField(label=label, required=False)
            text.widget = area(rows) if rows > 1 else forms.TextInput()
            text.widget.attrs |= {"lang": code, "dir": "auto"}
            self.form.fields[f"translations.{code}.{name}"] = text
            if messages := found.get(self.form.add_prefix(f"translations.{code}.{name}")):
                self.form.errors[f"translations.{code}.{name}"] = self.form.error_class(messages)


class Editor:
    """The whole form. `others` are problems that no field of it stands for."""

    def __init__(
        self, project: Project, top: Row, found: Mapping[str, list[str]], focus: str = ""
    ) -> None:
        codes = languages_of(top.values.get("languages", ""))
        found = {_field_of(where, top): messages for where, messages in found.items()}
        self.form = TopForm(top, "", found)
        self.wordings = [Wording(top, "", found, code) for code in codes]
        self.criteria = [
            CriterionPart(row, f"criteria.{number}", found, codes)
            for number, row in enumerate(top.rows)
        ]
        self._offer(project)
        self._offer_earlier(top)
        shown = {name for form in self._forms() for name in map(form.add_prefix, form.errors)}
        self.summary = [
            (where if where in shown else "", _spoken(where), message)
            for where, messages in found.items()
            for message in messages
        ]
        for form in self._forms():
            if form.prefix == focus and focus:
                form.begin_here()

    def _forms(self) -> Iterable[RowForm]:
        yield self.form
        yield from (wording.form for wording in self.wordings)
        for part in self.criteria:
            yield part.form
            yield from (wording.form for wording in part.wordings)
            for option in part.options:
                yield option.form
                yield from (wording.form for wording in option.wordings)

    def _offer(self, project: Project) -> None:
        """Offer the newest version of each taxonomy, and what is chosen already."""
        if not any(part.kind == "taxonomy" for part in self.criteria):
            return
        rows = TaxonomyVersion.objects.filter(taxonomy__project=project).defer("nodes")
        newest: dict[int, TaxonomyVersion] = {}
        every = {str(row.uid): row for row in rows.select_related("taxonomy").order_by("number")}
        for row in every.values():
            newest[row.taxonomy_id] = row
        for part in self.criteria:
            chosen = every.get(str(part.form.initial.get("taxonomy", "")))
            offered = {str(row.uid): str(row) for row in newest.values()}
            if chosen:
                if chosen != newest[chosen.taxonomy_id]:
                    part.form.fields["taxonomy"].help_text = _now(
                        "There is a newer version of this tree: choose it to take it."
                    )
                offered[str(chosen.uid)] = str(chosen)
            choices = [("", _now("none yet")), *offered.items()]
            part.form.fields["taxonomy"].choices = choices  # type: ignore[attr-defined]

    def _offer_earlier(self, top: Row) -> None:
        """Offer the questions above as what a question depends on, and name their answers."""
        above: dict[str, str] = {}
        answers: dict[str, str] = {}
        for part, row in zip(self.criteria, top.rows, strict=True):
            form, chosen = part.form, row.values.get("when.criterion", "")
            offered = above | ({chosen: chosen} if chosen and chosen not in above else {})
            part.depends = bool(offered)
            choices = [("", _now("always")), *offered.items()]
            form.fields["when.criterion"].choices = choices  # type: ignore[attr-defined]
            if chosen in answers:
                words = _now("Keys, with spaces between: %(keys)s") % {"keys": answers[chosen]}
                form.fields["when.answers"].help_text = words
            key, keys = row.values.get("key", ""), _answer_keys(row)
            if key and keys:
                above[key] = row.values.get("prompt", "") or key
                answers[key] = " ".join(keys)


class FileForm(forms.Form):
    """A rubric or taxonomy from a file."""

    file = forms.FileField(label=_("File"))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise ValidationError(_now("This file is too large."))
        return file


class TaxonomyForm(FileForm):
    """A tree from a file, and what it is to be called."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        validators=[validate_name],
        help_text=_("A taxonomy of the same name gets a new version. Empty: as the file says."),
    )
    field_order = ("file", "name")


def _answer_keys(row: Row) -> list[str]:
    """The keys of the answers that a question has by now, for conditions on it."""
    terms = rubric_terms.written(row.values.get("kind", ""), row.values).get("terms", {})
    options = [{"key": option.values.get("key", "")} for option in row.rows]
    criterion = {"kind": row.values.get("kind", ""), "terms": terms, "options": options}
    return [key for key in answers_to(criterion) or () if key]


def _spoken(where: str) -> str:
    """A place in the words of the page, which counts from one."""
    found = PLACE.match(where)
    if not found:
        return where.partition(".")[0].capitalize()
    question = _now("Question %(number)d") % {"number": int(found[1]) + 1}
    if not found[2]:
        return question
    option = _now("option %(number)d") % {"number": int(found[2]) + 1}
    return f"{question}, {option}"


def _field_of(where: str, top: Row) -> str:
    """The field behind a place: wordings of options stand in the options' own rows."""
    found = OPTION_WORDING.match(where)
    if not found:
        return where
    criterion, language, key, name = found.groups()
    row = child(top, int(criterion.rpartition(".")[2]))
    for number, option in enumerate(row.rows if row else []):
        if option.values.get("key") == key:
            return f"{criterion}.options.{number}.{language}.{name or 'label'}"
    return f"{criterion}.{language}.labels"
