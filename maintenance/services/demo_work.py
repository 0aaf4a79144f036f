"""The demo's people at work: annotators judge what the queue offers them, disputes get decided.

Who is given what follows from the order of arrival, and what somebody makes of an item from the
seed, the person and the item alone: the same seed tells the same story.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from labeling.models import Membership, Queue, Task
from labeling.reports.disputes import case_of
from labeling.services.adjudications import Decision, adjudicate, claim_dispute, reveal
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import Lease, claim, skip
from labeling.services.drafts import save_draft
from maintenance.demo.adjudicating import decide
from maintenance.demo.judging import Judgment, answer
from maintenance.demo.people import Person
from maintenance.demo.traffic import DemoItem

BETWEEN_ITEMS = timedelta(seconds=2)
BETWEEN_STARTS = timedelta(minutes=17)
A_DECISION = timedelta(seconds=75)


@dataclass(frozen=True)
class Office:
    """Who judges, and what only the generator knows about the items."""

    seed: int
    items: Mapping[str, DemoItem]
    annotators: Sequence[tuple[Person, Membership]]

    def judge(self, queue: Queue, *, begin: datetime, days: Mapping[int, int]) -> None:
        """Let everybody judge so many items on so many days after the first; the rest stays."""
        for day, quota in days.items():
            self._judge_for_a_day(queue, begin + timedelta(days=day), quota)

    def leave_a_draft(self, queue: Queue, number: int, *, at: datetime) -> None:
        """Let one of the annotators begin an item and go home."""
        person, member = self.annotators[number]
        if lease := claim(queue, member):
            answers = self._judgment(person, lease)["answers"]
            begun = {key: value for key, value in answers.items() if key == "intent"}
            save_draft(member, lease.token, Payload(begun), 1, at=at)

    def _judge_for_a_day(self, queue: Queue, opens: datetime, quota: int) -> None:
        """Judgment by judgment in the order of the clock, everybody at their own pace."""
        starts = [opens + number * BETWEEN_STARTS for number in range(len(self.annotators))]
        turns = [(at, number, quota) for number, at in enumerate(starts)]
        while turns:
            at, number, left = heappop(turns)
            done = self._judge_one(queue, *self.annotators[number], at)
            if done and left > 1:
                heappush(turns, (done + BETWEEN_ITEMS, number, left - 1))

    def _judge_one(
        self, queue: Queue, person: Person, member: Membership, at: datetime
    ) -> datetime | None:
        """When the person was done with one item; None when there is nothing left for them."""
        lease = claim(queue, member)
        if lease is None:
            return None
        judgment = self._judgment(person, lease)
        done = at + timedelta(milliseconds=judgment["active_ms"])
        if refusal := judgment["skip"]:
            skip(member, lease.token, refusal["reason"], refusal["note"], at=done)
        else:
            submit(member, lease.token, _payload(judgment, started_at=at), at=done)
        return done

    def _judgment(self, person: Person, lease: Lease) -> Judgment:
        item = self.items[lease.task.item.external_id]
        return answer(person, item, luck(self.seed, person.email, item.external_id))


def settle_disputes(
    office: Office, queue: Queue, adjudicator: Membership, *, begin: datetime, share: float
) -> int:
    """Decide this share of a queue's disputes, the oldest first; the others go on waiting."""
    wanted = round(share * queue.tasks.disputed().count())
    for number in range(wanted):
        task = claim_dispute(adjudicator, queue)
        if task is None:
            return number
        _decide(office, task, adjudicator, at=begin + number * A_DECISION)
    return wanted


def luck(seed: int, *names: str) -> random.Random:
    """Chance that depends on nothing but the seed and who meets what."""
    return random.Random(":".join([str(seed), *names]))  # noqa: S311 - a demo to be repeated


def _payload(judgment: Judgment, *, started_at: datetime) -> Payload:
    return Payload(
        answers=judgment["answers"],
        comment=judgment["comment"],
        active_ms=judgment["active_ms"],
        started_at=started_at,
    )


def _decide(office: Office, task: Task, adjudicator: Membership, *, at: datetime) -> None:
    """First blind, then with the answers seen and a cause."""
    assert task.claim_token is not None
    item = office.items[task.item.external_id]
    contested = [question.criterion.key for question in case_of(task).contested]
    decided = decide(item, contested, luck(office.seed, "adjudicator", item.external_id))
    blind = {key: row.value for key, row in decided.items()}
    reveal(adjudicator, task.claim_token, blind, at=at + A_DECISION / 3)
    rulings = {key: Decision(*row) for key, row in decided.items()}
    adjudicate(adjudicator, task.claim_token, rulings, at=at + A_DECISION / 2)
