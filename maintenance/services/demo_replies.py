"""The demo's judged outputs: one comparison that a gate uses, and one that people are busy with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from evaluation.models import JudgedEvaluation, ModelVersion, SetVersion
from evaluation.policy.judged import HIDDEN
from evaluation.reports.judged import progress_of
from evaluation.services.gates import ask_verdict, perform_verdict, register_gate
from evaluation.services.judged import Asked, count_now, have_judged, prepare
from evaluation.services.versions import register_version, store_predictions
from labeling.models import Membership, Queue, RubricVersion, Task
from labeling.reports.sides import sides_for
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.rubrics import create_rubric, publish
from maintenance.demo.people import ANNOTATORS, ENGINEER, LEAD, Person
from maintenance.demo.replies import FIRST, NEXT_STEP, SHORT, Writer, outputs, preferred, reply
from maintenance.demo.reply_rubric import BETTER, reply_rubric
from maintenance.services.demo_evaluation import BENCHMARK
from maintenance.services.demo_story import WEEKS, Story
from maintenance.services.demo_work import luck

PAIRS, JUDGED_SO_FAR, PEOPLE = 40, 12, 3
REPLY_GATE = "Replies that people prefer"
#: The production's own reply would stand beside two others, and lead people.
BLIND = {"show": dict(HIDDEN), "hide": {"content": ["reply"]}, "shuffle_sides": True}
SETTINGS = {
    "overlap": PEOPLE,
    "lane_attribute": "language",
    "order": Queue.Order.ARRIVAL.value,
    "blinding": BLIND,
}
A_PAIR = timedelta(seconds=25)


def compare(story: Story) -> None:
    """The next version of the assistant against the first, then the one after against it."""
    first, next_step = (
        _register(story, one, story.monday(5, hours=44)) for one in (FIRST, NEXT_STEP)
    )
    rubric = _rubric(story)
    done = _ask(story, (next_step, first), rubric, at=story.monday(5, hours=45))
    _Tasting(story, done, (NEXT_STEP, FIRST)).judge(story.monday(5, hours=56), _until_the_end)
    count_now(done, by=story.of(ENGINEER), at=story.monday(5, hours=80))
    short = _register(story, SHORT, story.monday(WEEKS, hours=30))
    half = _ask(story, (short, next_step), rubric, at=story.monday(WEEKS, hours=31))
    _Tasting(story, half, (SHORT, NEXT_STEP)).judge(story.monday(WEEKS, hours=32), _for_a_while)
    _gate(story, (next_step, first), story.monday(5, hours=81))
    _gate(story, (short, next_step), story.monday(WEEKS, hours=36))


def _until_the_end(_evaluation: JudgedEvaluation) -> bool:
    return False


def _for_a_while(evaluation: JudgedEvaluation) -> bool:
    return progress_of(evaluation).judged >= JUDGED_SO_FAR


def _register(story: Story, writer: Writer, at: datetime) -> ModelVersion:
    """A version with its replies to the messages of the benchmark."""
    parent = story.project.versions.filter(name=writer.parent).first()
    named: dict[str, Any] = {"parent": parent, "commit": writer.commit, "digest": writer.commit}
    engineer = story.of(ENGINEER)
    version = register_version(story.project, writer.name, by=engineer, at=at, **named)
    asked = set(_benchmark(story).examples.values_list("item__external_id", flat=True))
    items = [item for item in story.items if item.external_id in asked]
    rows = outputs(story.seed, writer, items)
    store_predictions(version, rows, name=f"{writer.name}.jsonl", by=engineer, at=at)
    return version


def _benchmark(story: Story) -> SetVersion:
    return SetVersion.objects.get(
        evaluation_set__project=story.project, evaluation_set__name=BENCHMARK
    )


def _rubric(story: Story) -> RubricVersion:
    lead = story.of(LEAD)
    draft = create_rubric(story.project, reply_rubric(), by=lead)
    return publish(draft, by=lead, at=story.monday(5, hours=43))


def _ask(
    story: Story, pair: tuple[ModelVersion, ModelVersion], rubric: RubricVersion, *, at: datetime
) -> JudgedEvaluation:
    version, against = pair
    asked = Asked(
        version,
        _benchmark(story),
        rubric,
        against=against,
        size=PAIRS,
        seed=story.seed,
        settings=dict(SETTINGS),
    )
    evaluation = have_judged(asked, by=story.of(LEAD), at=at)
    return prepare(JudgedEvaluation.objects.get(pk=evaluation.pk), at=at)


def _gate(story: Story, pair: tuple[ModelVersion, ModelVersion], at: datetime) -> None:
    """Whether people prefer the candidate at least as often as the other."""
    wins = {
        "metric": "win_rate",
        "question": BETTER["key"],
        "scope": "overall",
        "floor": 0.5,
    }
    lead, engineer = story.of(LEAD), story.of(ENGINEER)
    gate = register_gate(story.project, REPLY_GATE, _benchmark(story), [wins], by=lead, at=at)
    perform_verdict(ask_verdict(gate, *pair, by=engineer, at=at), at=at)


@dataclass(frozen=True)
class _Tasting:
    """People who judge two versions' replies, and what only the generator knows of these."""

    story: Story
    evaluation: JudgedEvaluation
    writers: tuple[Writer, Writer]

    def judge(self, begin: datetime, enough: Callable[[JudgedEvaluation], bool]) -> None:
        """One after the other takes the next pair, until it is enough or nothing is left."""
        idle, at = 0, begin
        for person in cycle(ANNOTATORS):
            if idle == len(ANNOTATORS) or enough(self.evaluation):
                return
            done = self._judge_one(person, self.story.of(person), at)
            idle = 0 if done else idle + 1
            at += A_PAIR

    def _judge_one(self, person: Person, member: Membership, at: datetime) -> bool:
        """Whether there was something for this person."""
        queue = self.evaluation.queue
        lease = claim(queue, member) if queue else None
        if lease is None:
            return False
        liked = self._liked(person, lease.task)
        answers = {BETTER["key"]: sides_for(lease.task, member).seen(BETTER["kind"], liked)}
        spent = round(A_PAIR.total_seconds() * 800)
        payload = Payload(answers, active_ms=spent, started_at=at)
        submit(member, lease.token, payload, at=at + 0.8 * A_PAIR)
        return True

    def _liked(self, person: Person, task: Task) -> str:
        """Which of the outputs, as the task keeps them; on whichever side they stand."""
        assert person.habits is not None
        story, name = self.story, task.item.external_id
        item = next(item for item in story.items if item.external_id == name)
        known = {row.text: row for row in (reply(story.seed, one, item) for one in self.writers)}
        first, second = (known[text] for text in task.outputs)
        return preferred(person.habits, first, second, luck(story.seed, person.email, name))
