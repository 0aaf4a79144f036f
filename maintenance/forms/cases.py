"""Questions about a case: what is wrong, what is behind it, what is decided, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.forms.names import validate_name
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.templatetags.fettle import visible
from maintenance.models import Case, RetrainingDecision

TEXT = 10_000
CAUSES = [choice for choice in Case.Cause.choices if choice[0]]


def _text(label: Any, rows: int = 3, **fields: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=TEXT, widget=widget, **fields)


def _day() -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=_("Due"), required=False, widget=widget)


class OwnerField(forms.ChoiceField):
    """Somebody of the project who may work on cases, or nobody yet."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(label=_("Owner"), required=False, **fields)
        self.people: dict[str, Membership] = {}

    def offer(self, member: Membership, *others: Membership | None) -> None:
        """Offer whoever may work on cases in this member's project, and who owns it already."""
        rows = Membership.objects.active().people().filter(project=member.project)
        able = [row for row in rows.select_related("user", "team") if row.may(Verb.WORK_CASES)]
        owners = [row for row in others if row is not None]
        self.people = {str(row.uid): row for row in (*able, *owners)}
        named = sorted((str(row), uid) for uid, row in self.people.items())
        self.choices = [("", _("nobody yet")), *((uid, name) for name, uid in named)]

    def clean(self, value: Any) -> Any:
        return self.people.get(super().clean(value))


class IntakeForm(forms.Form):
    """What is wrong, and who sees to it until when."""

    title = forms.CharField(label=_("Title"), max_length=200, validators=[validate_name])
    about = _text(
        _("What is wrong"),
        required=False,
        help_text=_("Where it was seen, since when, who is affected."),
    )
    owner = OwnerField()
    due = _day()
    incident = forms.BooleanField(
        label=_("This is an incident: somebody has been harmed or could be"), required=False
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _owners(self).offer(member)

    def terms(self) -> dict[str, Any]:
        """What the service takes."""
        given = dict(self.cleaned_data)
        kind = Case.Kind.INCIDENT if given.pop("incident") else Case.Kind.REQUEST
        return {**given, "kind": kind}


class ChangeForm(forms.Form):
    """Title, description, owner and due date of an open case."""

    title = forms.CharField(label=_("Title"), max_length=200, validators=[validate_name])
    about = _text(_("What is wrong"), required=False)
    owner = OwnerField()
    due = _day()

    def __init__(self, posted: Any = None, *, case: Case, member: Membership) -> None:
        owner = str(case.owner.uid) if case.owner else ""
        initial = {"title": case.title, "about": case.about, "owner": owner, "due": case.due}
        super().__init__(posted, initial=initial, auto_id="change_%s")
        _owners(self).offer(member, case.owner)


class TriageForm(forms.Form):
    """What is behind the case, and how that is known."""

    cause = forms.ChoiceField(label=_("Cause"), choices=CAUSES, widget=forms.RadioSelect)
    why = _text(_("How that is known"))

    def __init__(self, posted: Any = None, *, case: Case) -> None:
        initial = {"cause": case.cause, "why": case.cause_why}
        super().__init__(posted, initial=initial, auto_id="triage_%s")


class DecideForm(forms.Form):
    """A decision with its ground, its reasons and what it rests on."""

    answer = forms.ChoiceField(
        label=_("Decision"), choices=RetrainingDecision.Answer.choices, widget=forms.RadioSelect
    )
    ground = forms.ChoiceField(
        label=_("On the ground of"),
        choices=RetrainingDecision.Ground.choices,
        widget=forms.RadioSelect,
    )
    reasons = _text(_("Reasons"))
    evidence = forms.MultipleChoiceField(
        label=_("Evidence"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "To retrain takes at least one alert, verdict or evaluation; after a review, an item"
            " that shows what is wrong; for a changed definition, the rubric version."
        ),
    )

    def __init__(self, posted: Any = None, *, cited: Sequence[tuple[str, str]]) -> None:
        super().__init__(posted, auto_id="decide_%s")
        named = [(value, visible(label)) for value, label in cited]
        self.fields["evidence"].choices = named  # type: ignore[attr-defined]
        if not cited:
            self.fields["evidence"].help_text = _(
                "Nothing can be cited yet: no alert, verdict, evaluation or item belongs to it."
            )


class NoteForm(forms.Form):
    """Something to write on the case."""

    text = _text(_("Note"))


class CloseForm(forms.Form):
    """What came of the case."""

    effect = _text(_("What came of it"), help_text=_("What is measured now where it was wrong?"))


class ReopenForm(forms.Form):
    """Why a closed case is taken up again."""

    why = _text(_("Why it is taken up again"))


def _owners(form: forms.Form) -> OwnerField:
    field: Any = form.fields["owner"]
    found: OwnerField = field
    return found
