"""The keys that somebody has chosen for judging and adjudicating, and their sheet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from labeling.models import User
from labeling.policy.keys import (
    ADVANCE,
    SCROLL,
    USUAL,
    Action,
    Page,
    Trouble,
    actions_of,
    advances,
    chosen,
    keys_of,
    troubles,
)

LABELS = {
    Action.SKIP: _("Skip"),
    Action.UNDO: _("Undo"),
    Action.BACK: _("Back to your last judgment"),
    Action.COMMENT: _("Comment"),
    Action.UNSURE: _("I am not sure"),
    Action.ASK: _("Ask the leads"),
    Action.GAP: _("Tell of a gap in the rubric"),
    Action.PARK: _("Put a dispute back"),
    Action.REASON: _("Reason of a decision"),
    Action.REVEAL: _("Show what is blurred"),
    Action.FIND: _("Find in the item"),
    Action.DIFF: _("Differences between outputs"),
    Action.ZOOM: _("Enlarge an image"),
    Action.EXPLAIN: _("Explain the options"),
}
SCROLLS = _("Scroll the item")
SENTENCES = {
    Trouble.NOT_ONE: _("Give one letter or sign."),
    Trouble.RESERVED: _("Digits, Enter, Esc, arrows and ? keep what they do."),
    Trouble.TAKEN: _("Another action has this key already."),
}


class KeysForm(forms.Form):
    """A key for each action, none twice; and whether answering leads on by itself."""

    def __init__(self, data: Any = None, *, stored: dict[str, str], **kwargs: Any) -> None:
        super().__init__(data, initial={**keys_of(stored), ADVANCE: advances(stored)}, **kwargs)
        short = {"size": 2, "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        for action, label in LABELS.items():
            widget = forms.TextInput(attrs=short)
            self.fields[action] = forms.CharField(label=label, max_length=1, widget=widget)
        self.fields[ADVANCE] = forms.BooleanField(
            label=_("Answering a question leads on to the next"), required=False
        )

    def clean(self) -> dict[str, Any]:
        """Each key once, and none of those that answering is done with."""
        cleaned = super().clean() or {}
        keys = {action.value: cleaned[action].lower() for action in Action if action in cleaned}
        for action, trouble in troubles(keys).items():
            self.add_error(action, forms.ValidationError(SENTENCES[trouble]))
        return cleaned | keys

    def chosen(self) -> dict[str, str]:
        """What is to be stored; ask only a valid form."""
        keys = {action.value: self.cleaned_data[action] for action in Action}
        return chosen(keys, advance=self.cleaned_data[ADVANCE])


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A line of the sheet: what is done, and the keys that do it."""

    action: str
    label: Any
    keys: list[str]


def of_person(user: User | AnonymousUser, page: Page = Page.JUDGE) -> dict[str, Any]:
    """What a page is told of somebody's keys: those that are not the usual ones, and its sheet."""
    stored = user.judging_keys if isinstance(user, User) else {}
    keys = keys_of(stored)
    own = {name: key for name, key in keys.items() if key != USUAL[Action(name)]}
    rows = [
        KeyRow(action.value, LABELS[action], [keys[action].upper()]) for action in actions_of(page)
    ]
    scroll = [key.upper() for key in SCROLL if key not in own.values()]
    return {
        "own_keys": json.dumps(own) if own else "",
        "stays": not advances(stored),
        "key_rows": [*rows, KeyRow("scroll", SCROLLS, scroll)] if scroll else rows,
    }
