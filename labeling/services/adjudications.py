"""Settling disputes by a person: claimed for a while, decided blind, then with the answers seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from labeling.errors import Conflict, ConflictOfInterest
from labeling.formats.canonical import canonical_json
from labeling.models import Adjudication, Membership, Queue, Reveal, Ruling, Task
from labeling.policy.adjudicating import lacks_cause, lacks_rationale
from labeling.policy.conditions import asked
from labeling.policy.roles import Verb
from labeling.reports.disputes import DisputedCase, Question, case_of, claimable_by
from labeling.reports.judging import shown_item
from labeling.reports.sides import sides_for
from labeling.services import audit, text_answers
from labeling.services.answers import TEXT_LIMIT, stored, value_problem
from labeling.services.dependents import refuse_if_task_kept
from labeling.services.leases import lease_time
from labeling.services.text_answers import Shown

UNDO_WITHIN = timedelta(seconds=10)
DECIDABLE = (Task.State.DISPUTED, Task.State.ADJUDICATED)
FOR_CLAIM = ("item", "queue__project", "queue__rubric_version__rubric")


@dataclass(frozen=True, slots=True)
class Decision:
    """What an adjudicator decides about one criterion; no value stands for "cannot tell"."""

    value: str | None
    cause: str = ""
    rationale: str = ""


Decisions = Mapping[str, Decision]


def claimed(member: Membership) -> Task | None:
    """The dispute this member works on, without changing anything; perhaps past its time."""
    return _own_claims(member).select_related(*FOR_CLAIM).first()


@transaction.atomic
def claim_dispute(
    member: Membership, queue: Queue | None = None, *, after: Task | None = None
) -> Task | None:
    """Lend the member the next dispute that nobody works on; what they hold already comes first.

    after: begin behind this task, for whoever has just decided it or put it back.
    """
    _one_at_a_time(member)
    kept = claimed(member)
    if kept and (queue is None or kept.queue_id == queue.pk):
        return _lend(kept, member, kept.claim_token or uuid4())
    _give_back(_own_claims(member))
    waiting = claimable_by(member, queue)
    if after is not None:
        behind, before = waiting.filter(pk__gt=after.pk), waiting.filter(pk__lt=after.pk)
        found = _lock_first(behind) or _lock_first(before)
    else:
        found = _lock_first(waiting)
    return _lend(found, member, uuid4()) if found else None


@transaction.atomic
def reopen(member: Membership, task: Task) -> Task:
    """Lend the member a task that is decided already; its ruling stands until there is another."""
    _one_at_a_time(member)
    _refuse_own_work(member, task)
    decided = Task.objects.unclaimed().filter(pk=task.pk, state=Task.State.ADJUDICATED)
    found = _lock_first(decided)
    if found is None:
        raise Conflict("not_decided", _("This task is not decided, or somebody works on it."))
    _give_back(_own_claims(member))
    audit.record(member, "reopened_adjudication", task)
    return _lend(found, member, uuid4())


@transaction.atomic
def release_claim(member: Membership, token: UUID) -> None:
    """Put a dispute back undecided; doing it twice does it once."""
    _give_back(_own_claims(member).filter(claim_token=token))


@transaction.atomic
def reveal(
    member: Membership, token: UUID, blind: Mapping[str, str | None], *, at: datetime
) -> DisputedCase:
    """Show an adjudicator the answers, once they have decided blind; the first blind answers stay.

    blind: a value for every contested criterion, None for "cannot tell".
    """
    case = case_of(_lock_claim(member, token))
    seen = Reveal.objects.filter(task=case.task, adjudicator=member).exists()
    if not seen:
        shown = cache(partial(shown_item, case.task, member))
        decisions = _of_outputs(
            case, member, {key: Decision(value) for key, value in blind.items()}
        )
        _check(case, decisions, shown, revealed=False)
        stored_blind = _as_kept(case, decisions, shown)
        Reveal.objects.create(
            task=case.task, adjudicator=member, token=token, blind=stored_blind, at=at
        )
        audit.record(member, "saw_answers", case.task, at=at)
    _lend(case.task, member, token)
    return case


@transaction.atomic
def adjudicate(
    member: Membership, token: UUID, rulings: Decisions, *, at: datetime
) -> Adjudication:
    """Settle a claimed dispute: what was contested as decided, what was agreed as answered."""
    digest = _digest(rulings)
    if replayed := _replayed(member, token, digest):
        return replayed
    try:
        task = _lock_claim(member, token)
    except Conflict:
        if replayed := _replayed(member, token, digest):
            return replayed
        raise
    _refuse_own_work(member, task)
    case = case_of(task)
    rulings = _of_outputs(case, member, rulings)
    revealed = Reveal.objects.filter(task=task, adjudicator=member).exists()
    shown = cache(partial(shown_item, task, member))
    _check(case, rulings, shown, revealed=revealed)
    row = _new_row(member, task, token=token, payload_digest=digest, revealed=revealed, at=at)
    Ruling.objects.bulk_create(_rulings(row, case, rulings, shown))
    _move(task, Task.State.ADJUDICATED)
    contested = [question.criterion.key for question in case.contested]
    audit.record(member, "adjudicated", task, at=at, adjudication=str(row.uid), contested=contested)
    return row


@transaction.atomic
def undo(member: Membership, adjudication: Adjudication, *, at: datetime) -> Task:
    """Take the own decision back: a withdrawal is written, and the member decides once more."""
    _one_at_a_time(member)
    task = Task.objects.select_for_update(no_key=True).get(pk=adjudication.task_id)
    _refuse_undo(member, adjudication, at)
    _new_row(member, task, revealed=adjudication.revealed, withdrawn=True, at=at)
    _give_back(_own_claims(member))
    _move(task, Task.State.DISPUTED)
    audit.record(member, "withdrew_adjudication", task, at=at, adjudication=str(adjudication.uid))
    return _lend(task, member, uuid4())


def _of_outputs(case: DisputedCase, member: Membership, decisions: Decisions) -> Decisions:
    """What somebody decided about the sides of their page, as said of the outputs themselves."""
    sides = sides_for(case.task, member)
    kinds = {question.criterion.key: question.criterion.kind for question in case.questions}
    return {
        key: replace(one, value=one.value and sides.stored(kinds.get(key, ""), one.value))
        for key, one in decisions.items()
    }


def _as_kept(case: DisputedCase, decisions: Decisions, shown: Shown) -> dict[str, str | None]:
    """What was decided blind; where the same can be written in many ways, in the one it is kept."""
    kinds = {one.criterion.key: one.criterion for one in case.questions}
    return {
        key: stored(kinds[key], one.value, shown)
        if one.value and key in kinds and kinds[key].kind in text_answers.KINDS
        else one.value
        for key, one in decisions.items()
    }


def _one_at_a_time(member: Membership) -> None:
    """Hold the member's row, so that two tabs cannot claim two disputes; the first of all locks."""
    locked = Membership.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not locked.may(Verb.ADJUDICATE):
        raise PermissionDenied(_("Your role in this project does not allow this."))


def _own_claims(member: Membership) -> QuerySet[Task]:
    claims = Task.objects.filter(claimed_by=member, state__in=DECIDABLE)
    return claims.filter(item__erased_at=None).order_by("-claimed_until")


def _lock_first(tasks: QuerySet[Task]) -> Task | None:
    """Lock one task without waiting for those that others are about to take."""
    return (
        tasks.select_related(*FOR_CLAIM)
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .first()
    )


def _lend(task: Task, member: Membership, token: UUID) -> Task:
    Task.objects.filter(pk=task.pk).update(
        claimed_by=member, claim_token=token, claimed_until=Now() + lease_time(task.queue)
    )
    task.refresh_from_db(fields=["claimed_by", "claim_token", "claimed_until"])
    return task


def _give_back(claims: QuerySet[Task]) -> None:
    held = list(claims.values_list("pk", flat=True))
    Task.objects.filter(pk__in=held).update(claimed_by=None, claim_token=None, claimed_until=None)


def _move(task: Task, state: Task.State) -> None:
    """Write the task's state and end the claim on it."""
    Task.objects.filter(pk=task.pk).update(
        state=state, claimed_by=None, claim_token=None, claimed_until=None
    )
    task.state = state


def _lock_claim(member: Membership, token: UUID) -> Task:
    """The task claimed under this token; nobody else's token works, nor one taken over since."""
    locked = _own_claims(member).filter(claim_token=token).order_by()
    task = locked.select_related(*FOR_CLAIM).select_for_update(no_key=True, of=("self",)).first()
    if task is None:
        raise Conflict("lease_ended", _("Your time on this task has ended; nothing was decided."))
    return task


def _refuse_own_work(member: Membership, task: Task) -> None:
    if task.annotations.filter(annotator__user=member.user_id).exists():
        message = _("You have judged this item yourself; somebody else decides it.")
        raise ConflictOfInterest(message)


def _replayed(member: Membership, token: UUID, digest: str) -> Adjudication | None:
    """The first decision again, for whoever did not hear that it was stored."""
    row = Adjudication.objects.filter(adjudicator=member, token=token).first()
    if row and row.payload_digest != digest:
        message = _("Something else was decided here before; the first decision stands.")
        raise Conflict("idempotency_mismatch", message)
    return row


def _digest(rulings: Decisions) -> str:
    return sha256(
        canonical_json({key: asdict(ruling) for key, ruling in rulings.items()})
    ).hexdigest()


def _check(case: DisputedCase, rulings: Decisions, shown: Shown, *, revealed: bool) -> None:
    """ValidationError says, criterion by criterion, what a decision lacks."""
    known = {question.criterion.key: question for question in case.questions}
    problems = {key: _("There is no such criterion.") for key in rulings if key not in known}
    open_keys = _asked(case, rulings)
    for key, question in known.items():
        if key not in open_keys:
            continue
        if problem := _problem(question, rulings.get(key), shown, revealed=revealed):
            problems[key] = problem
    if problems:
        raise ValidationError({key: [problem] for key, problem in problems.items()})


def _asked(case: DisputedCase, rulings: Decisions) -> set[str]:
    """The criteria that are asked under what was decided, and what was agreed before."""
    values: dict[str, str | None] = {one.criterion.key: one.finding.value for one in case.questions}
    values |= {key: ruling.value for key, ruling in rulings.items()}
    return asked({one.criterion.key: one.criterion.when for one in case.questions}, values)


def _problem(question: Question, ruling: Decision | None, shown: Shown, *, revealed: bool) -> str:
    if ruling is None:
        return _("Decide this first.") if question.contested else ""
    if problem := _value_problem(question, ruling.value, shown):
        return problem
    if len(ruling.rationale) > TEXT_LIMIT:
        return _("This is too long: %(limit)s characters at most.") % {"limit": TEXT_LIMIT}
    if ruling.cause and ruling.cause not in Adjudication.Cause.values:
        return _("There is no such cause.")
    if lacks_cause(ruling.cause, contested=question.contested, revealed=revealed):
        return _("Say what caused the dispute.")
    value = stored(question.criterion, ruling.value, shown) if ruling.value else ruling.value
    if lacks_rationale(value, ruling.rationale, question.votes, revealed=revealed):
        return _("Most annotators answered otherwise: say why.")
    return ""


def _value_problem(question: Question, value: str | None, shown: Shown) -> str:
    criterion = question.criterion
    if value is None:
        return "" if criterion.cannot_tell else _("“Cannot tell” is no answer here.")
    if not value:
        return _("Decide this first.") if criterion.required else ""
    return value_problem(criterion, value, shown)


def _new_row(member: Membership, task: Task, **fields: object) -> Adjudication:
    """The next row in the task's chain of adjudications."""
    return Adjudication.objects.create(
        task=task,
        source=Adjudication.Source.PERSON,
        adjudicator=member,
        rubric_version_id=task.queue.rubric_version_id,
        supersedes=Adjudication.objects.filter(task=task, superseded_by=None).first(),
        **fields,
    )


def _rulings(
    row: Adjudication, case: DisputedCase, rulings: Decisions, shown: Shown
) -> list[Ruling]:
    open_keys = _asked(case, rulings)
    return [
        ruling
        for question in case.questions
        if question.criterion.key in open_keys
        and (ruling := _ruling(row, question, rulings.get(question.criterion.key), shown))
    ]


def _ruling(
    row: Adjudication, question: Question, decision: Decision | None, shown: Shown
) -> Ruling | None:
    """What was decided, or else what the policy takes over; nothing where nothing was answered."""
    if decision is None:
        if not question.finding.value:
            return None
        decision = Decision(question.finding.value)
    return Ruling(
        adjudication=row,
        criterion=question.criterion,
        value=stored(question.criterion, decision.value, shown),
        cannot_tell=decision.value is None,
        contested=question.contested,
        cause=decision.cause,
        rationale=decision.rationale.strip(),
    )


def _refuse_undo(member: Membership, adjudication: Adjudication, at: datetime) -> None:
    if adjudication.adjudicator_id != member.pk:
        raise PermissionDenied(_("Only whoever decided can take it back at once."))
    if adjudication.withdrawn or adjudication.superseded_by.exists():
        raise Conflict("already_withdrawn", _("This has been taken back already."))
    if at - adjudication.at > UNDO_WITHIN:
        raise Conflict("too_late", _("The ten seconds for taking it back have passed."))
    refuse_if_task_kept(adjudication.task)
