"""Questions about one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from labeling.forms.names import interface_languages, time_zones, validate_name
from labeling.models import Project, User

#: Longer ones are refused at once: hashing them would only cost time.
LONGEST_PASSWORD = 4096


class LogInForm(AuthenticationForm):
    """E-mail and password."""

    username = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": _("This e-mail address and this password do not belong together."),
        "inactive": _("This e-mail address and this password do not belong together."),
    }

    def clean_username(self) -> str:
        """One spelling, so that a limit counts every try for an account."""
        return str(self.cleaned_data["username"]).lower()


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password, typed twice."""

    new_password1 = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least twelve characters; several words are good."),
    )
    new_password2 = forms.CharField(
        label=_("The same again"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ChangePasswordForm(PasswordChangeForm, NewPasswordForm):
    """The old password and a new one."""

    old_password = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ResetForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewAccountForm(forms.Form):
    """A name and a password for somebody whose address is known."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        validators=[validate_name],
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least twelve characters; several words are good."),
    )

    def __init__(self, *args: Any, address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean(self) -> dict[str, Any]:
        """The password must not follow from the name or the address."""
        cleaned = super().clean() or {}
        person = User(email=cleaned.get("email", self.address), name=cleaned.get("name", ""))
        if password := cleaned.get("password"):
            try:
                password_validation.validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class SetUpForm(NewAccountForm):
    """The first site admin and the first project."""

    email = forms.EmailField(
        label=_("Your e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    project = forms.CharField(
        label=_("First project"),
        max_length=120,
        validators=[validate_name],
        help_text=_("The production model to look after, for instance “Support assistant”."),
    )
    slug = forms.SlugField(
        label=_("Its short name"),
        max_length=60,
        help_text=_("Small letters, digits and hyphens: it stands in every address."),
    )
    field_order = ["name", "email", "password", "project", "slug"]


class ProfileForm(forms.ModelForm[User]):
    """What somebody is called, and how times and words are shown to them."""

    class Meta:
        model = User
        fields = ["name", "time_zone", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].validators.append(validate_name)
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"), choices=time_zones, help_text=_("Times are shown in it.")
        )
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=interface_languages, required=False
        )


#: A week: after that nobody remembers why they judged as they did.
MOST_MINUTES = 7 * 24 * 60


class ProjectForm(forms.ModelForm[Project]):
    """What a project is called and what it is about."""

    class Meta:
        model = Project
        fields = ["name", "description", "amend_minutes"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "amend_minutes": _("So long people can amend what they have handed in; 0: not at all.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(validate_name)
        self.fields["amend_minutes"].validators.append(MaxValueValidator(MOST_MINUTES))
