"""Gates and their verdicts: what was registered, what was answered, and which items did it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluation.forms.gates import AskForm, GateForm
from evaluation.models import Gate, Verdict
from evaluation.models.gates import VerdictQuerySet
from evaluation.reports.gates import BASELINE, CANDIDATE
from evaluation.reports.verdicts import answers_about, items_of, shown_findings
from evaluation.services.gates import ask_verdict, register_gate
from evaluation.views.versions import shown_version
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404

PAGE = 50
#: What can be listed of a finding, and the letter that its evidence has for it.
CHANGES = {"broken": BASELINE, "fixed": CANDIDATE}


def gate_new(request: HttpRequest, project: str) -> HttpResponse:
    """Register what a candidate must show, before anybody knows what it will show."""
    member = get_member_or_404(request.user, project, Verb.REGISTER_GATES)
    form = GateForm(request.POST or None, project=member.project)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            version = register_gate(
                member.project,
                given["name"],
                given["set_version"],
                form.criteria(),
                error_rate=form.error_share(),
                by=member,
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("The gate is registered; its criteria are final."))
            return redirect("gate", project, version.gate.uid)
    status = 400 if form.is_bound else 200
    return render(request, "evaluation/gate_new.html", {"form": form}, status=status)


@require_safe
def gate(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One gate: its criteria, its versions, what it has answered, and how a program asks it."""
    member = get_member_or_404(request.user, project, Verb.SEE_GATES)
    rows = Gate.objects.filter(project=member.project)
    row = get_object_or_404(rows, uid=uid)
    versions = row.versions.prefetch_related("criteria").select_related(
        "set_version__evaluation_set", "registered_by__user"
    )
    verdicts = Verdict.objects.filter(gate_version__gate=row)
    page = Paginator(
        verdicts.select_related("candidate__project", "baseline", "gate_version"), PAGE
    ).get_page(request.GET.get("page"))
    context = {
        "gate": row,
        "versions": versions[:PAGE],
        "verdicts": page,
        "form": AskForm(project=member.project),
        "may_ask": member.may(Verb.ASK_VERDICTS),
        "may_register": member.may(Verb.REGISTER_GATES),
        "site_url": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "evaluation/gate.html", context)


@require_POST
def gate_ask(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Ask the gate's latest version about a candidate."""
    member = get_member_or_404(request.user, project, Verb.ASK_VERDICTS)
    row = get_object_or_404(Gate.objects.filter(project=member.project), uid=uid)
    form = AskForm(request.POST, project=member.project)
    if not form.is_valid():
        raise ValidationError(_("Choose a version of this project as candidate."))
    given = form.cleaned_data
    verdict = ask_verdict(row.versions.all()[0], given["candidate"], given["baseline"], by=member)
    return redirect("verdict", project, verdict.uid)


@require_safe
def verdict(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One verdict: the sentence, then each criterion with its interval, then what it rests on."""
    member = get_member_or_404(request.user, project, Verb.SEE_GATES)
    row = get_object_or_404(_verdicts(member), uid=uid)
    return render(request, "evaluation/verdict.html", shown_verdict(row))


@require_safe
def version_verdict(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Verdict of the Version page: the latest answer, and the gates that can be asked."""
    member, version, around = shown_version(request, project, uid, "verdict")
    found = list(_verdicts(member).filter(candidate=version)[:PAGE])
    context = {
        **around,
        **(shown_verdict(found[0]) if found else {"verdict": None}),
        "earlier": found[1:],
        "gates": Gate.objects.filter(project=member.project),
        "may_ask": member.may(Verb.ASK_VERDICTS),
        "may_register_gates": member.may(Verb.REGISTER_GATES),
    }
    return render(request, "evaluation/version_verdict.html", context)


@require_safe
def verdict_items(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """The items of one finding that the candidate broke, or fixed."""
    member = get_member_or_404(request.user, project, Verb.SEE_GATES)
    row = get_object_or_404(_verdicts(member), uid=uid)
    number, change = request.GET.get("finding", "0"), request.GET.get("change", "broken")
    known = number.isascii() and number.isdigit() and int(number[:6]) < len(row.findings)
    if change not in CHANGES or not known:
        raise Http404
    found = items_of(row, int(number), CHANGES[change])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "verdict": row,
        "finding": row.findings[int(number)],
        "number": number,
        "change": change,
        "page": page,
        "rows": answers_about(row, list(page.object_list)),
    }
    return render(request, "evaluation/verdict_items.html", context)


def shown_verdict(row: Verdict) -> dict[str, Any]:
    """A verdict with its findings, for its page and for the Version page."""
    missing = row.evidence.get("left_out", {}).get("missing", 0)
    findings = shown_findings(row)
    deciding = sum(finding.outcome == row.outcome for finding in findings)
    return {"verdict": row, "findings": findings, "deciding": deciding, "missing": missing}


def _verdicts(member: Membership) -> VerdictQuerySet:
    rows: Any = Verdict.objects.filter(gate_version__gate__project=member.project)
    found: VerdictQuerySet = rows.select_related(
        "gate_version__gate__project",
        "gate_version__set_version__evaluation_set__project",
        "candidate__project",
        "baseline",
        "job",
        "asked_by__user",
    )
    return found
