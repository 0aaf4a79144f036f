"""The question behind an export: which rows, in which format."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import Export, Project, Queue


class ExportForm(forms.Form):
    """What goes out, from where, and for whom."""

    kind = forms.ChoiceField(
        label=_("What"),
        choices=[
            (Export.Kind.ADJUDICATIONS, _("Adjudicated labels: one row for each item")),
            (Export.Kind.ANNOTATIONS, _("Raw annotations: one row for each answer")),
            (Export.Kind.ITEMS, _("Inputs: items without answers")),
        ],
        initial=Export.Kind.ADJUDICATIONS,
        widget=forms.RadioSelect,
    )
    queue = forms.ModelChoiceField(
        label=_("Queue"),
        queryset=Queue.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("all queues"),
        help_text=_("For labels and annotations; inputs come from the items, filtered as below."),
    )
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=Export.FileFormat.choices,
        initial=Export.FileFormat.JSONL,
        widget=forms.RadioSelect,
    )
    profile = forms.ChoiceField(
        label=_("CSV is read by"),
        choices=[
            (Export.Profile.SPREADSHEET, _("a spreadsheet: nothing can run as a formula")),
            (Export.Profile.RAW, _("a program: every text as it is")),
        ],
        initial=Export.Profile.SPREADSHEET,
        help_text=_("For a spreadsheet, texts that look like formulas begin with an apostrophe."),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = Queue.objects.filter(project=project).order_by("-created_at")
        self.fields["queue"].queryset = queues  # type: ignore[attr-defined]
