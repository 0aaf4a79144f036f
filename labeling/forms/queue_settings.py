"""What may still be changed about a queue, and who is qualified for its rubric version."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.forms.queues import QueueForm
from labeling.models import Membership, Queue, RubricVersion

KEPT = ("name", "overlap", "overlap_percent", "settling", "lease_minutes", "cap_each", "cap_daily")


class QueueSettingsForm(QueueForm):
    """A queue's settings as they are, and whether decided tasks are asked again."""

    rubric_version = None  # type: ignore[assignment]
    sample = None  # type: ignore[assignment]
    order = None  # type: ignore[assignment]
    lane_attribute = None  # type: ignore[assignment]
    show_prediction = None  # type: ignore[assignment]
    hide_fields = None  # type: ignore[assignment]
    show_attributes = None  # type: ignore[assignment]
    shuffle_options = None  # type: ignore[assignment]

    again = forms.MultipleChoiceField(
        label=_("With more people an item, ask again also"),
        choices=[
            ("settled", _("where all agreed")),
            ("disputed", _("where they disagreed and nobody has decided yet")),
        ],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What somebody has decided, or what something rests on, stays as it is."),
    )

    def __init__(self, *args: Any, queue: Queue, **kwargs: Any) -> None:
        known = {name: getattr(queue, name) for name in (*KEPT, "qualified_only", "sensitive")}
        known |= {"languages": " ".join(queue.languages), "teams": list(queue.teams.all())}
        super().__init__(*args, project=queue.project, initial=known, **kwargs)
        if not queue.lane_attribute:
            del self.fields["languages"]

    def settings(self) -> dict[str, Any]:
        """What the service takes."""
        given = dict(self.cleaned_data)
        given["overlap_percent"] = given["overlap_percent"] or 100
        if "languages" in given:
            given["languages"] = given["languages"].lower().replace(",", " ").split()
        return given


class QualifyForm(forms.Form):
    """People who are qualified from now on, or no more, for a queue's rubric version."""

    people = forms.ModelMultipleChoiceField(queryset=Membership.objects.none(), to_field_name="uid")
    act = forms.ChoiceField(choices=[("qualify", ""), ("end", "")])

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Membership.objects.people().seen_by(member).select_related("project", "team")
        self.fields["people"].queryset = people  # type: ignore[attr-defined]


class QualifyPersonForm(forms.Form):
    """A rubric version for which one person is qualified from now on, or no more."""

    rubric_version = forms.ModelChoiceField(
        label=_("Rubric version"), queryset=RubricVersion.objects.none(), to_field_name="uid"
    )
    act = forms.ChoiceField(choices=[("qualify", ""), ("end", "")])

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = RubricVersion.objects.filter(rubric__project=member.project_id)
        versions = versions.exclude(state=RubricVersion.State.DRAFT).select_related("rubric")
        self.fields["rubric_version"].queryset = versions  # type: ignore[attr-defined]
