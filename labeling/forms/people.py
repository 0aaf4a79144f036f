"""Questions about who is in a project and what they may do there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from labeling.formats.people_files import PersonRow, read_people
from labeling.formats.rows import FormatError, Refusal
from labeling.forms.names import spoken, validate_name
from labeling.models import ContentField, Membership, Project, Team
from labeling.policy.languages import write_languages
from labeling.policy.roles import Role, Scope, Verb, grantable, scopes_for

ROLE_NAMES = {
    Role.ANNOTATOR: _("Annotator: judges items"),
    Role.ADJUDICATOR: _("Adjudicator: settles disputes"),
    Role.LEAD: _("Lead: rubrics, queues, agreement"),
    Role.ENGINEER: _("Engineer: imports, exports, versions"),
    Role.ADMIN: _("Admin: people and settings"),
    Role.VIEWER: _("Viewer: reads, changes nothing"),
}
ROLE_WORDS = [
    (Role.ANNOTATOR, _("annotator")),
    (Role.ADJUDICATOR, _("adjudicator")),
    (Role.LEAD, _("lead")),
    (Role.ENGINEER, _("engineer")),
    (Role.ADMIN, _("admin")),
    (Role.VIEWER, _("viewer")),
]
SCOPE_NAMES = {
    Scope.READ: _("Read: items, rubrics, queues, agreement, jobs"),
    Scope.ITEMS: _("Items: bring items in"),
    Scope.ANNOTATE: _("Annotate: claim and submit"),
    Scope.ADJUDICATE: _("Adjudicate: settle disputes"),
    Scope.EXPORTS: _("Exports: ask for labels and download them"),
    Scope.EVALUATE: _("Evaluate: register versions, send predictions, ask gates"),
    Scope.SIGNALS: _("Signals: send readings in"),
    Scope.RELEASE: _("Release: enter stages, hold, roll back"),
    Scope.MANAGE: _("Manage: rubrics, samples, queues, invitations"),
}
LARGEST_LIST = 512 * 1024
LANGUAGES_HELP = _("Such as de:native en:fluent fr:working. Empty means any language.")


class InviteForm(forms.Form):
    """People to invite: pasted or as CSV, with what holds for lines that say nothing else."""

    people = forms.CharField(
        label=_("E-mail addresses, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "Further cells, if any: roles, team, languages. "
            "For example: ana@example.org, annotator adjudicator, Vendor A, de:native en:fluent"
        ),
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False)
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), required=False)
    languages = forms.CharField(
        label=_("Languages"),
        required=False,
        max_length=200,
        help_text=LANGUAGES_HELP,
    )
    valid_only = forms.BooleanField(
        label=_("Invite the valid ones even if some lines are wrong"), required=False
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_roles(self.fields["roles"], member)
        teams = self.fields["team"]
        assert isinstance(teams, forms.ModelChoiceField)
        teams.queryset = Team.objects.seen_by(member)
        teams.empty_label = None if member.is_vendor else _now("no team")

    def clean_languages(self) -> dict[str, str]:
        return spoken(self.cleaned_data["languages"])

    def clean_file(self) -> str:
        """The file's text; it is small enough to be shown again where lines are wrong."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > LARGEST_LIST:
            raise ValidationError(_now("This list is too large; send it in parts."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValidationError(_now("This is no text in UTF-8.")) from error

    def clean(self) -> dict[str, Any]:
        """Both sources as one list of rows, completed from the fields below them."""
        cleaned = super().clean() or {}
        text = "\n".join(filter(None, [cleaned.get("people"), cleaned.get("file")]))
        if not text.strip() and not self.errors:
            raise ValidationError(_now("Paste at least one address, or choose a file."))
        try:
            cleaned["rows"] = [self._completed(row, cleaned) for row in read_people(text)]
        except FormatError as error:
            raise ValidationError(str(error)) from error
        cleaned["text"] = text
        return cleaned

    def _completed(self, row: PersonRow | Refusal, cleaned: dict[str, Any]) -> PersonRow | Refusal:
        if isinstance(row, Refusal):
            return row
        return row._replace(
            roles=row.roles or tuple(cleaned.get("roles") or ()),
            team=row.team or str(cleaned.get("team") or ""),
            languages=row.languages or cleaned.get("languages") or {},
        )


class MemberForm(forms.Form):
    """Roles, team and languages of a member."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"), widget=forms.CheckboxSelectMultiple, required=True
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("no team")
    )
    languages = forms.CharField(
        label=_("Languages"), required=False, max_length=200, help_text=LANGUAGES_HELP
    )

    def __init__(self, *args: Any, member: Membership, by: Membership, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "roles": member.roles,
            "team": member.team,
            "languages": write_languages(member.languages),
        }
        super().__init__(*args, **kwargs)
        self.member = member
        offer_roles(self.fields["roles"], by, also=member.roles)
        teams = self.fields["team"]
        assert isinstance(teams, forms.ModelChoiceField)
        teams.queryset = Team.objects.seen_by(by)
        if not by.may(Verb.MANAGE_TEAMS):
            del self.fields["team"]

    def clean_languages(self) -> dict[str, str]:
        return spoken(self.cleaned_data["languages"])

    def chosen(self) -> dict[str, Any]:
        """What the service is to set; the team stays where `by` may not move people."""
        team = self.cleaned_data["team"] if "team" in self.fields else self.member.team
        return {**self.cleaned_data, "team": team}


class TeamForm(forms.ModelForm[Team]):
    """The people of one employer."""

    class Meta:
        model = Team
        fields = ["name", "kind"]
        help_texts = {
            "kind": _("A vendor's people see their own work and team, and nothing of the house.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(validate_name)


class NameForm(forms.Form):
    """A name and nothing else: a machine's, a team's."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[validate_name])


class TokenForm(forms.Form):
    """A token: what for, which scopes, how long."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=80,
        validators=[validate_name],
        help_text=_("For instance: nightly import, notebook."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"), widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=365, initial=90)

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = scopes_for(member.roles, vendor=member.is_vendor)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [(scope.value, SCOPE_NAMES[scope]) for scope in offered]


class NewProjectForm(forms.ModelForm[Project]):
    """A new project and what its maker is to be in it."""

    roles = forms.MultipleChoiceField(
        label=_("Your roles in it, besides admin"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(role.value, name) for role, name in ROLE_NAMES.items() if role != Role.ADMIN],
        initial=[Role.LEAD.value, Role.ENGINEER.value],
    )

    class Meta:
        model = Project
        fields = ["name", "slug", "description"]
        labels = {"slug": _("Short name")}
        help_texts = {"slug": _("Small letters, digits and hyphens: it stands in every address.")}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(validate_name)


class FieldForm(forms.ModelForm[ContentField]):
    """How one content field is named, whether annotators see it, and as what."""

    rendering = forms.ChoiceField(
        label=_("Shown as"), choices=ContentField.Rendering.choices, required=False
    )

    class Meta:
        model = ContentField
        fields = ["label", "visibility", "rendering"]
        labels = {"label": _("Label"), "visibility": _("Annotators see it")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].validators.append(validate_name)

    def clean_rendering(self) -> str:
        """What was chosen; a form that says nothing about it leaves it as it is."""
        return str(self.cleaned_data["rendering"] or self.initial["rendering"])


def field_forms(project: Project, typed: Any = None) -> list[FieldForm]:
    """One form for each content field, told apart by the field's name."""
    fields = ContentField.objects.filter(project=project)
    return [FieldForm(typed, instance=field, prefix=f"field-{field.name}") for field in fields]


def offer_roles(field: forms.Field, by: Membership, *, also: list[str] | None = None) -> None:
    """Offer the roles that `by` may give, and those that are there already."""
    offered = {*grantable(by.roles, vendor=by.is_vendor), *(also or [])}
    assert isinstance(field, forms.MultipleChoiceField)
    field.choices = [(role.value, name) for role, name in ROLE_NAMES.items() if role in offered]
