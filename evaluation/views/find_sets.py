"""How the pages of a set find it, its version and their tabs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation.models import EvaluationSet, SetVersion
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404


def find_set(
    request: HttpRequest, project: str, uid: UUID, verb: Verb = Verb.SEE_SETS
) -> tuple[Membership, EvaluationSet]:
    """The member who asks, and the set they ask about."""
    member = get_member_or_404(request.user, project, verb)
    visible = EvaluationSet.objects.visible_to(request.user).filter(project=member.project)
    return member, get_object_or_404(visible.select_related("project"), uid=uid)


def frozen_versions(evaluation_set: EvaluationSet) -> list[SetVersion]:
    """The frozen versions of a set, newest first, without what can be long."""
    rows = SetVersion.objects.frozen().filter(evaluation_set=evaluation_set)
    return list(rows.only("pk", "number", "evaluation_set_id").order_by("-number"))


def chosen_version(
    request: HttpRequest, evaluation_set: EvaluationSet, name: str = "version"
) -> SetVersion | None:
    """The frozen version that the address names, else the newest; None before the first."""
    rows = SetVersion.objects.frozen().filter(evaluation_set=evaluation_set)
    rows = rows.select_related("rubric_version__rubric", "created_by__user").order_by("-number")
    given = request.GET.get(name, "")
    if not given:
        return rows.first()
    if not (given.isascii() and given.isdigit() and len(given) < 9):
        raise Http404
    return get_object_or_404(rows, number=int(given))


def tab_context(
    request: HttpRequest, member: Membership, evaluation_set: EvaluationSet, current: str
) -> dict[str, Any]:
    """What every tab of a set shows: the set, the version looked at, and the other tabs."""
    version = chosen_version(request, evaluation_set)
    shown = [
        ("versions", _("Versions"), "set"),
        ("coverage", _("Coverage"), "set_coverage"),
        ("quality", _("Label quality"), "set_quality"),
        ("diff", _("Diff"), "set_diff"),
        ("export", _("Export"), "set_export"),
    ]
    query = f"?version={version.number}" if version and request.GET.get("version") else ""
    address = [member.project.slug, evaluation_set.uid]
    return {
        "set": evaluation_set,
        "version": version,
        "tabs": [
            {
                "label": label,
                "url": reverse(name, args=address) + query,
                "current": key == current,
            }
            for key, label, name in shown
        ],
    }
