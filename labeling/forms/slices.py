"""Questions about a slice: its name, its conditions, what it is worth."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from labeling.forms.names import validate_name
from labeling.models import Membership, Slice
from labeling.policy.slices import MOST_CONDITIONS, Operator, SliceError, parse
from labeling.reports.items import KnownFields
from labeling.reports.slices import COMPARISONS, FIELD_NAMES

EMPTY_ROWS = 3
OPERATORS = list({**COMPARISONS, Operator.ONE_OF: _("is one of (one per comma)")}.items())


class ConditionForm(forms.Form):
    """One condition; a row without a field is left out."""

    field = forms.ChoiceField(label=_("Field"), required=False)
    operator = forms.ChoiceField(label=_("Comparison"), choices=OPERATORS, required=False)
    value = forms.CharField(label=_("Value"), max_length=2_000, required=False, strip=False)

    def __init__(self, *args: Any, known: KnownFields, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["field"]
        assert isinstance(choice, forms.ChoiceField)
        named = [(f"attributes.{name}", name) for name in known.attributes]
        if (now := self.initial.get("field", "")).startswith("attributes."):
            named.append((now, now.partition(".")[2]))
        choice.choices = [("", _("no condition")), *dict(named).items(), *FIELD_NAMES.items()]

    def condition(self) -> dict[str, Any] | None:
        """The condition as a slice stores it, None for an empty row."""
        asked = self.cleaned_data
        if not asked.get("field"):
            return None
        value: Any = asked.get("value", "")
        if asked.get("operator") == Operator.ONE_OF:
            value = [part.strip() for part in value.split(",") if part.strip()]
        return {"field": asked["field"], "operator": asked.get("operator"), "value": value}


class BaseConditions(forms.BaseFormSet[ConditionForm]):
    """All conditions of a slice."""

    def clean(self) -> None:
        if any(self.errors):
            return
        given = [one for form in self.forms if (one := form.condition())]
        try:
            self.conditions = parse(given)
        except SliceError as error:
            raise ValidationError(str(error)) from error
        if not self.conditions:
            raise ValidationError(_now("Give at least one condition."))


class SliceForm(forms.Form):
    """A slice's name, weight and owner."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[validate_name])
    weight = forms.DecimalField(
        label=_("Weight"),
        min_value=0,
        max_digits=8,
        decimal_places=3,
        initial=1,
        help_text=_("What a mistake here costs, compared with 1 elsewhere."),
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=Membership.objects.none(), to_field_name="uid", required=False
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        people = Membership.objects.seen_by(member).active().people()
        owner.queryset = people.select_related("user")


def conditions_form(posted: Any, conditions: list[Any], known: KnownFields) -> BaseConditions:
    """Rows for the conditions there are, and empty ones to add more."""
    rows = [
        {
            "field": one.field,
            "operator": one.operator,
            "value": ", ".join(one.value) if isinstance(one.value, tuple) else _written(one.value),
        }
        for one in conditions
    ]
    made = forms.formset_factory(
        ConditionForm,
        formset=BaseConditions,
        extra=EMPTY_ROWS,
        max_num=MOST_CONDITIONS,
        absolute_max=MOST_CONDITIONS,
    )
    formset = made(posted, initial=rows, form_kwargs={"known": known}, prefix="condition")
    assert isinstance(formset, BaseConditions)
    return formset


def initial_of(row: Slice) -> dict[str, Any]:
    """What the form shows of a slice that is there."""
    return {"name": row.name, "weight": row.weight, "owner": row.owner and row.owner.uid}


def _written(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
