"""A person's own page."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from labeling.forms.accounts import ProfileForm
from labeling.forms.keys import KeysForm
from labeling.models import Membership
from labeling.services import accounts
from labeling.views.accounts import status_of


def me(request: HttpRequest) -> HttpResponse:
    """Name, zone and language, the projects one is in, and the way to password and tokens."""
    assert request.user.is_authenticated
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        accounts.change_profile(request.user, **form.cleaned_data)
        with override(request.user.language or None):
            messages.success(request, _("Saved."))
        return redirect("me")
    live = Q(tokens__revoked_at__isnull=True, tokens__expires_at__gt=timezone.now())
    memberships = Membership.objects.active().filter(user=request.user)
    context = {
        "form": form,
        "memberships": memberships.select_related("project", "team")
        .annotate(live_tokens=Count("tokens", filter=live))
        .order_by("project__name"),
    }
    return render(request, "labeling/me.html", context, status=status_of(request))


def me_keys(request: HttpRequest) -> HttpResponse:
    """Which key does what while judging; reset takes the usual ones again."""
    assert request.user.is_authenticated
    stored = request.user.judging_keys
    form = KeysForm(request.POST or None, stored=stored, label_suffix="")
    if request.method == "POST" and ("reset" in request.POST or form.is_valid()):
        keys = {} if "reset" in request.POST else form.chosen()
        accounts.change_keys(request.user, keys)
        messages.success(request, _("Saved."))
        return redirect("me_keys")
    context = {"form": form, "changed": bool(stored)}
    return render(request, "labeling/me_keys.html", context, status=status_of(request))
