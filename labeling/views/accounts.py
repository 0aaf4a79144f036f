"""Logging in and out, passwords, and the first account of an installation."""

from __future__ import annotations

from uuid import UUID

from axes.helpers import get_client_ip_address, get_cool_off
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from labeling.forms.accounts import (
    ChangePasswordForm,
    LogInForm,
    NewPasswordForm,
    ResetForm,
    SetUpForm,
)
from labeling.models import User
from labeling.services import accounts

HOME = "/"
BACKEND = "labeling.sessions.PersonBackend"


@login_not_required
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponse:
    """Ask who somebody is; a log-in gives the session a new id."""
    wanted_again = request.method == "POST" or "again" in request.GET
    if request.user.is_authenticated and not wanted_again:
        return redirect(next_page(request))
    form = LogInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        auth.login(request, form.get_user())
        return redirect(next_page(request))
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
    return render(request, "registration/login.html", context, status=status_of(request))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End this session; its cookie is worth nothing afterwards."""
    auth.logout(request)
    return redirect("login")


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, str]
) -> HttpResponse:
    """429: too many wrong passwords for this account from this address; it opens by itself."""
    accounts.note_lockout(credentials.get("username", ""), get_client_ip_address(request))
    window = get_cool_off(request)
    return _too_many(request, int(window.total_seconds()) if window else 0)


@sensitive_post_parameters()
def password_change(request: HttpRequest) -> HttpResponse:
    """Ask for the present and a new password; other sessions end, this one goes on."""
    assert request.user.is_authenticated
    form = ChangePasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.change_password(request.user, form.cleaned_data["new_password1"])
        auth.update_session_auth_hash(request, request.user)
        messages.success(request, _("Your password is changed; your other sessions have ended."))
        return redirect("me")
    status = status_of(request)
    return render(request, "registration/password_change.html", {"form": form}, status=status)


@login_not_required
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask whose password is forgotten; the answer is the same for every address."""
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not accounts.may_ask_for_reset(get_client_ip_address(request)):
            return _too_many(request, accounts.RESET_WINDOW)
        accounts.ask_for_reset(form.cleaned_data["email"])
        return redirect("password_reset_done")
    status = status_of(request)
    return render(request, "registration/password_reset.html", {"form": form}, status=status)


@login_not_required
@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """Say that a letter is on its way, if the address is known."""
    return render(request, "registration/password_reset_done.html")


@login_not_required
@sensitive_post_parameters()
def password_reset_confirm(request: HttpRequest, uid: UUID, token: str) -> HttpResponse:
    """Set a new password by the link of a letter; opening it alone changes nothing."""
    user = accounts.find_by_reset_link(uid, token)
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.reset_password(uid, token, form.cleaned_data["new_password1"])
        messages.success(request, _("Your password is set: log in with it."))
        return redirect("login")
    status = status_of(request)
    return render(
        request, "registration/password_reset_confirm.html", {"form": form}, status=status
    )


@login_not_required
@sensitive_post_parameters("password")
def set_up(request: HttpRequest, secret: str) -> HttpResponse:
    """Make the first site admin and the first project of a new installation."""
    accounts.require_set_up_link(secret)
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, project = accounts.set_up(secret, **form.cleaned_data)
        log_in(request, user)
        return redirect(project)
    return render(request, "labeling/set_up.html", {"form": form}, status=status_of(request))


def log_in(request: HttpRequest, user: User) -> None:
    """Log somebody in who has just proved who they are by a link."""
    auth.login(request, user, backend=BACKEND)


def next_page(request: HttpRequest) -> str:
    """Where somebody was going, if that is a page of ours; else home."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else HOME


def status_of(request: HttpRequest) -> int:
    """A form shown again because something in it is wrong is a 400."""
    return 400 if request.method == "POST" else 200


def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {"minutes": seconds // 60}
    page = render(request, "registration/locked_out.html", context, status=429)
    page["Retry-After"] = str(seconds)
    return page
