"""Questions about a file of items: which file, and which column is what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from labeling.formats.columns import Column
from labeling.formats.fields import NAME
from labeling.formats.mapping import Mapping
from labeling.formats.suggestions import gives_away
from labeling.models import ContentField

MOST_COLUMNS = 100
SINGLE = ("external_id", "group", "prediction", "confidence", "occurred_at", "model_version")
PLACES = [
    ("", _("leave out")),
    ("content", _("content")),
    ("attribute", _("attribute")),
    ("external_id", _("external id")),
    ("group", _("group (conversation, user)")),
    ("prediction", _("prediction")),
    ("confidence", _("confidence")),
    ("occurred_at", _("time it occurred")),
    ("model_version", _("model version")),
]
PREDICTS = re.compile(r"pred(?:ict(?:ion|ed).*)?|.*_prediction", re.IGNORECASE)


class UploadForm(forms.Form):
    """A file to bring in."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "JSON lines, a JSON array, CSV or Parquet. You see its rows before any is taken."
        ),
        max_length=4_096,
    )


@dataclass
class ColumnChoice:
    """One column on the mapping page, with its three fields."""

    column: Column
    place: forms.BoundField
    name: forms.BoundField
    visibility: forms.BoundField
    #: Its name says that it may hold the answer: annotators had better not see it.
    tells: bool


class MappingForm(forms.Form):
    """Which column becomes what, and what annotators see of it."""

    valid_rows_only = forms.ChoiceField(
        label=_("If a row is refused"),
        choices=[
            ("", _("take nothing, so that the file can be mended first")),
            ("yes", _("take the valid rows and report the others")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(
        self,
        *args: Any,
        columns: list[Column],
        suggested: Mapping,
        shown: dict[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns[:MOST_COLUMNS]
        places = _places(suggested)
        for number, column in enumerate(self.columns):
            place, name = places.get(column.path, ("", _plain_name(column.path)))
            self._add(number, column, place, name, shown.get(name, ContentField.Visibility.HIDDEN))

    def choices(self) -> list[ColumnChoice]:
        """The columns with their fields, for the template."""
        return [
            ColumnChoice(
                column,
                self[f"place-{number}"],
                self[f"name-{number}"],
                self[f"visibility-{number}"],
                gives_away(column.path) or bool(PREDICTS.fullmatch(column.path)),
            )
            for number, column in enumerate(self.columns)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        mapping = Mapping(
            **{place: self._one(place) for place in SINGLE},
            content=self._named("content"),
            attributes=self._named("attribute"),
        )
        for problem in mapping.problems():
            self.add_error(None, problem)
        cleaned["mapping"] = mapping
        cleaned["valid_rows_only"] = cleaned.get("valid_rows_only") == "yes"
        cleaned["visibility"] = {
            self._value("name", number): self._value("visibility", number)
            for number in self._placed("content")
        }
        return cleaned

    def _add(self, number: int, column: Column, place: str, name: str, visibility: str) -> None:
        label = {"column": column.path[:100]}
        self.fields[f"place-{number}"] = forms.ChoiceField(
            choices=PLACES,
            required=False,
            initial=place,
            label=_now("What “%(column)s” is") % label,
        )
        self.fields[f"name-{number}"] = forms.CharField(
            max_length=64,
            required=False,
            initial=name,
            widget=forms.TextInput(attrs={"size": 16}),
            label=_now("Name of “%(column)s”") % label,
        )
        self.fields[f"visibility-{number}"] = forms.ChoiceField(
            choices=ContentField.Visibility.choices,
            required=False,
            initial=visibility,
            label=_now("What annotators see of “%(column)s”") % label,
        )

    def _value(self, field: str, number: int) -> str:
        given = str(self.cleaned_data.get(f"{field}-{number}", ""))
        return given or (ContentField.Visibility.HIDDEN if field == "visibility" else "")

    def _placed(self, place: str) -> list[int]:
        return [n for n in range(len(self.columns)) if self._value("place", n) == place]

    def _one(self, place: str) -> str:
        numbers = self._placed(place)
        if len(numbers) > 1:
            words = {"place": dict(PLACES)[place]}
            raise ValidationError(_now("Choose at most one column as “%(place)s”.") % words)
        return self.columns[numbers[0]].path if numbers else ""

    def _named(self, place: str) -> dict[str, str]:
        named: dict[str, str] = {}
        for number in self._placed(place):
            name = self._value("name", number)
            if name in named:
                raise ValidationError(_now("Two columns are named “%(name)s”.") % {"name": name})
            named[name] = self.columns[number].path
        return named


def _places(mapping: Mapping) -> dict[str, tuple[str, str]]:
    """Column: its place and the name of its field."""
    places = {column: ("content", name) for name, column in mapping.content.items()}
    places |= {column: ("attribute", name) for name, column in mapping.attributes.items()}
    single = {place: getattr(mapping, place) for place in SINGLE}
    return places | {column: (place, "") for place, column in single.items() if column}


def _plain_name(path: str) -> str:
    last = re.sub(r"[^A-Za-z0-9]+", "_", path.rpartition(".")[2]).strip("_")[:60]
    return last if NAME.fullmatch(last) else f"column_{last}".strip("_")
