"""Judging for programs: claim, heartbeat, draft, submit, skip, release, undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.permissions import LoggedIn, caller, require_verb
from labeling.errors import Conflict
from labeling.models import Annotation, Membership, Offer, Queue, Token
from labeling.policy.roles import Verb
from labeling.reports import judging as report
from labeling.serializers import judging as serializers
from labeling.serializers.base import StrictSerializer
from labeling.services import assignment
from labeling.services.annotations import submit, submit_and_go_on, undo
from labeling.services.answers import Payload
from labeling.services.drafts import save_draft
from labeling.services.leases import Lease, lessee_of
from labeling.services.standing import standing_of

TYPED = ("answers", "comment", "unsure", "proposed")
# Made once: building a serializer's fields anew takes longer than filling them in or checking them.
SUBMIT = serializers.SubmitRequest()
JUDGING = serializers.JudgingAnswer()
ANNOTATION = serializers.AnnotationAnswer()


class Claims(APIView):
    """The next item, or the one that the caller holds already."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="claims_create",
        request=serializers.ClaimRequest,
        responses=serializers.ClaimAnswer,
    )
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.ANNOTATE)
        asked = _checked(serializers.ClaimRequest, request)
        queue = _queue(member, asked.get("queue"))
        lease = assignment.claim_next(member, queue)
        held = assignment.hold(lease.queue, member) if lease and asked["ahead"] else None
        return Response(judging(lease, member, queue) | _held(held, member))


class Heartbeat(APIView):
    """Keep an item for another lease time."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="leases_heartbeat", request=None, responses=serializers.LeaseAnswer)
    def post(self, request: Request, token: UUID) -> Response:
        lease = assignment.heartbeat(lessee(request, token), token)
        return Response(serializers.LeaseAnswer(lease).data)


class Submit(APIView):
    """Hand in the answers to an item; sending the same again is answered the same."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="leases_submit",
        request=serializers.SubmitRequest,
        responses=serializers.SubmitAnswer,
    )
    def post(self, request: Request, token: UUID) -> Response:
        member = lessee(request, token)
        asked = SUBMIT.run_validation(request.data)
        payload, ahead = serializers.payload_in(asked), asked["ahead"]
        if not asked["next"]:
            submission = submit(member, token, payload, at=timezone.now())
            return Response({"annotation": ANNOTATION.to_representation(submission)})
        done = submit_and_go_on(member, token, payload, at=timezone.now(), ahead=ahead)
        answer = {
            "annotation": ANNOTATION.to_representation(done.submission),
            "next": judging(done.lease, member),
        }
        return Response(answer | _held(done.held, member))


class Skip(APIView):
    """Refuse an item for a reason; it is never offered to the caller again."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="leases_skip",
        request=serializers.SkipRequest,
        responses=serializers.SkipAnswer,
    )
    def post(self, request: Request, token: UUID) -> Response:
        member = lessee(request, token)
        asked = _checked(serializers.SkipRequest, request)
        assignment.skip(member, token, asked["reason"], asked.get("note", ""), at=timezone.now())
        return Response(_next(member, asked["next"]))


class Release(APIView):
    """Give an item back untouched."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="leases_release", request=None, responses={204: None})
    def post(self, request: Request, token: UUID) -> Response:
        assignment.release(lessee(request, token), token)
        return Response(status=204)


class Draft(APIView):
    """Keep what has been typed so far."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="leases_draft",
        request=serializers.DraftRequest,
        responses=serializers.DraftAnswer,
    )
    def post(self, request: Request, token: UUID) -> Response:
        asked = _checked(serializers.DraftRequest, request)
        sequence = save_draft(
            lessee(request, token),
            token,
            Payload(**{name: asked[name] for name in TYPED}),
            asked["sequence"],
            at=timezone.now(),
        )
        return Response({"sequence": sequence})


class Undo(APIView):
    """Take an own annotation back within ten seconds, and get its item again."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="annotations_undo", request=None, responses=serializers.JudgingAnswer
    )
    def post(self, request: Request, uid: UUID) -> Response:
        own = Annotation.objects.filter(annotator__user=request.user.pk)
        annotation = get_object_or_404(
            own.select_related("annotator", "task__item", "task__queue__project"), uid=uid
        )
        member = caller(request, annotation.task.queue.project.slug, Verb.ANNOTATE)
        lease = undo(member, annotation, at=timezone.now())
        return Response(judging(lease, member))


def judging(lease: Lease | None, member: Membership, queue: Queue | None = None) -> dict[str, Any]:
    """What the caller may see of an item, or why there is none."""
    if lease is None:
        return {"state": _state(member, queue)}
    item, draft, beside = report.seen(lease.task, member)
    shown = {
        "state": "leased",
        "lease": lease,
        "item": item,
        "form": report.shown_form(lease.queue, lease.token, translation.get_language() or ""),
        "notes": beside.notes,
        "unread_answers": beside.unread,
        "draft": draft,
    }
    return dict(JUDGING.to_representation(shown))


def lessee(request: Request, token: UUID) -> Membership:
    """The caller as the one an item was given to; a foreign and an unknown token are one."""
    if isinstance(request.auth, Token):  # read with its member; the service looks for the item
        require_verb(request, request.auth.member, Verb.ANNOTATE)
        return request.auth.member
    member = lessee_of(request.user, token)
    if member is not None:
        require_verb(request, member, Verb.ANNOTATE)
        return member
    if Offer.objects.filter(annotator__user=request.user.pk, token=token).exists():
        raise Http404  # it was theirs, in a project where they no longer are
    raise Conflict("lease_unknown", _("This item was not given to you, or not under this key."))


def _checked(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _held(lease: Lease | None, member: Membership) -> dict[str, Any]:
    return {"held": judging(lease, member)} if lease else {}


def _next(member: Membership, wanted: bool) -> dict[str, Any]:
    return {"next": judging(assignment.claim_next(member), member)} if wanted else {}


def _state(member: Membership, queue: Queue | None) -> str:
    """Somebody may have given an item back since the claim: then more may come."""
    state = standing_of(member, queue).state
    return "more_may_come" if state == "ready" else state


def _queue(member: Membership, uid: UUID | None) -> Queue | None:
    if uid is None:
        return None
    queue = Queue.objects.for_team_of(member).filter(uid=uid).first()
    if queue is None:
        missing = ValidationError(_("There is no such queue here."), "invalid_reference")
        raise ValidationError({"queue": missing})
    return queue
