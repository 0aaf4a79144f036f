"""Machine annotators: what they are asked, and what they answer, in bulk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import OldestFirst
from labeling.api.permissions import LoggedIn, memberships, require_verb
from labeling.models import Membership, Queue, Task
from labeling.policy.roles import Verb
from labeling.reports.judging import criteria_of, form_of
from labeling.reports.machines import for_machine, unanswered_by
from labeling.serializers import machines as serializers
from labeling.services import machines
from labeling.services.answers import Payload

MACHINE = OpenApiParameter("machine", UUID, description="Whose tasks; not by the machine itself.")


class MachineTasks(APIView):
    """What a machine annotator has yet to answer in a queue, as blind as a person sees it."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="queues_machine_tasks",
        parameters=[
            MACHINE,
            OpenApiParameter("cursor", str, description=OldestFirst.cursor_query_description),
            OpenApiParameter("page_size", int),
        ],
        responses=serializers.MachineTasksAnswer,
    )
    def get(self, request: Request, uid: UUID) -> Response:
        queue, member = _find(request, uid)
        asked = allow_filters(request, {"machine"})
        machine = _machine(member, _uid(asked.get("machine")))
        pages = OldestFirst()
        tasks = pages.paginate_queryset(unanswered_by(machine, queue), request, self)
        version, language = queue.rubric_version, translation.get_language() or ""
        page = {
            "next": pages.get_next_link(),
            "previous": pages.get_previous_link(),
            "form": form_of(version, criteria_of(version), language),
            "results": for_machine(machine, queue, tasks),
        }
        return Response(serializers.MachineTasksAnswer(page).data)


class MachineAnnotations(APIView):
    """Store what a machine annotator answers; sent by the machine, or for it by a lead."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="queues_machine_annotations",
        request=serializers.MachineAnnotationsRequest,
        responses=serializers.MachineAnnotationsAnswer,
    )
    def post(self, request: Request, uid: UUID) -> Response:
        queue, member = _find(request, uid)
        asked = serializers.MachineAnnotationsRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        machine = _machine(member, asked.validated_data.get("machine"))
        payloads = _payloads(queue, asked.validated_data["annotations"])
        stored = machines.submit_machine(machine, queue, payloads, by=member, at=timezone.now())
        return Response({"stored": stored})


def _find(request: Request, uid: UUID) -> tuple[Queue, Membership]:
    """A queue, and the machine itself or somebody who runs the queue."""
    visible = Queue.objects.visible_to(request.user)
    queue = get_object_or_404(visible.select_related("project", "rubric_version__rubric"), uid=uid)
    machines_too = memberships(request).filter(kind=Membership.Kind.MACHINE)
    is_machine = machines_too.filter(project=queue.project_id).exists()
    verb = Verb.ANNOTATE if is_machine else Verb.RUN_QUEUES
    member: Membership | None = memberships(request).filter(project=queue.project_id).first()
    if member is None:
        raise Http404
    require_verb(request, member, verb)
    return queue, member


def _machine(member: Membership, uid: UUID | None) -> Membership:
    """Who is sent for: a machine sends for itself only."""
    is_machine = member.kind == Membership.Kind.MACHINE
    if is_machine and uid in {None, member.uid}:
        return member
    machines_here = Membership.objects.active().machines().filter(project=member.project_id)
    machine = machines_here.filter(uid=uid).first() if uid and not is_machine else None
    if machine is None:
        message = _("There is no such machine annotator here.")
        raise ValidationError({"machine": ValidationError(message, "invalid_reference")})
    return machine


def _uid(given: str | None) -> UUID | None:
    """What no machine's uid can be is as good as another project's."""
    try:
        return UUID(given) if given else None
    except ValueError as error:
        message = _("There is no such machine annotator here.")
        raise ValidationError({"machine": ValidationError(message, "invalid_reference")}) from error


def _payloads(queue: Queue, rows: list[dict[str, Any]]) -> dict[Task, Payload]:
    """The answers by task; one that is not in the queue, or twice, refuses all."""
    tasks = queue.tasks.select_related("item")
    by_uid = {task.uid: task for task in tasks.filter(uid__in=_named(rows, "task"))}
    by_item = {
        task.item.external_id: task
        for task in tasks.filter(item__external_id__in=_named(rows, "item"))
    }
    payloads: dict[Task, Payload] = {}
    for number, row in enumerate(rows):
        named = "task" if "task" in row else "item"
        task = by_uid.get(row["task"]) if named == "task" else by_item.get(row["item"])
        if task is None or task in payloads:
            problem = _("There is no such item in this queue, or it is here twice.")
            raise ValidationError({f"annotations.{number}.{named}": [problem]})
        task.queue = queue
        payloads[task] = serializers.payload_of(row)
    return payloads


def _named(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows if name in row]
