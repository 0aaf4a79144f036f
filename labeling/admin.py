"""The back room: site admins look things up here and end accounts; history is read-only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import (
    Adjudication,
    Annotation,
    AuditEvent,
    Membership,
    Project,
    RubricVersion,
    User,
)
from labeling.services import accounts
from labeling.views import accounts as views

#: Whoever logged in longer ago is asked again before they get in here.
RECENT = timedelta(hours=1)


class BackRoom(admin.AdminSite):
    """Open to active site admins who have logged in lately; for others it does not exist."""

    site_header = site_title = _("Fettle back room")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        if not (user.is_authenticated and user.is_active and user.is_superuser):
            return False
        return user.last_login is not None and timezone.now() - user.last_login < RECENT

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The same log-in as everywhere, throttled alike, asked again after an hour."""
        if request.user.is_authenticated and not request.user.is_superuser:
            raise Http404
        wanted = {"next": request.GET.get("next", reverse("admin:index")), "again": 1}
        return redirect(f"{reverse('login')}?{urlencode(wanted)}")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return views.logout(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """One place to change a password, with its audit event: the person's own page."""
        return redirect("password_change")


site = BackRoom(name="admin")


class ReadOnly(admin.ModelAdmin[Any]):
    """Rows to look up, by everybody who gets in; nobody adds, changes or deletes them here."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class AccountForm(forms.ModelForm[User]):
    """Whether an account is active, and whether its person runs the installation."""

    class Meta:
        model = User
        fields = ["is_active", "is_superuser"]


@admin.register(User, site=site)
class UserAdmin(ReadOnly):
    """Accounts: ended or taken up again here, and site admins named; all else is their own."""

    form = AccountForm
    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_superuser", "last_login", "date_joined")
    readonly_fields = ("email", "name", "last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        assert request.user.is_authenticated
        accounts.change_account(
            obj, active=obj.is_active, site_admin=obj.is_superuser, by=request.user
        )


@admin.register(Project, site=site)
class ProjectAdmin(ReadOnly):
    list_display = ("name", "slug", "created_at", "archived_at")
    search_fields = ("name", "slug")
    fields = ("uid", *list_display)


@admin.register(Membership, site=site)
class MembershipAdmin(ReadOnly):
    list_display = ("user", "project", "kind", "roles", "team", "joined_at", "deactivated_at")
    list_select_related = ("user", "project", "team")
    search_fields = ("user__email", "user__name", "project__slug")
    fields = ("uid", *list_display)


@admin.register(AuditEvent, site=site)
class AuditEventAdmin(ReadOnly):
    list_display = ("at", "verb", "user", "project", "subject_kind", "subject_uid", "sequence")
    list_select_related = ("user", "project")
    search_fields = ("verb",)
    fields = (*list_display, "detail", "previous_digest", "digest")


@admin.register(Annotation, site=site)
class AnnotationAdmin(ReadOnly):
    list_display = ("uid", "kind", "annotator", "rubric_version", "submitted_at")
    list_select_related = ("annotator__user", "rubric_version__rubric")
    fields = (*list_display, "payload_digest")


@admin.register(Adjudication, site=site)
class AdjudicationAdmin(ReadOnly):
    list_display = ("uid", "source", "policy", "adjudicator", "rubric_version", "at", "withdrawn")
    list_select_related = ("adjudicator__user", "rubric_version__rubric")
    fields = (*list_display, "payload_digest")


@admin.register(RubricVersion, site=site)
class RubricVersionAdmin(ReadOnly):
    list_display = ("rubric", "number", "state", "published_at")
    list_select_related = ("rubric",)
    fields = ("uid", *list_display)
