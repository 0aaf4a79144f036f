"""The demo: a project in mid-flight, made through the services as its people would have made it.

For the same seed and week its items, people, answers, decisions and states are the same; uids,
tokens, sides, the password and the order of the third queue are not. All is there or nothing.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from labeling.formats.people_files import PersonRow
from labeling.formats.pushed import item_row
from labeling.formats.rows import Row
from labeling.models import (
    ContentField,
    Export,
    Import,
    Job,
    Membership,
    Project,
    Queue,
    RubricVersion,
    Sample,
    User,
)
from labeling.policy.slices import parse
from labeling.services import audit
from labeling.services.agreement import ask_for_agreement
from labeling.services.exports import request_export
from labeling.services.imports import import_rows
from labeling.services.invitations import invite
from labeling.services.jobs import cancel
from labeling.services.projects import (
    add_member,
    add_team,
    change_member,
    create_project,
    show_fields,
)
from labeling.services.queues import build_queue, create_queue
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from labeling.services.runner import run_job
from labeling.services.samples import draw_sample, perform_draw
from labeling.services.slices import SliceTerms, define_slice
from maintenance.demo.assistant import NOVEL_GUESSES
from maintenance.demo.people import (
    ADJUDICATOR,
    ADMIN,
    ANNOTATORS,
    ENGINEER,
    EVERYBODY,
    HOUSE,
    LEAD,
    VENDOR,
    Person,
)
from maintenance.demo.pushes import broken, pushed
from maintenance.demo.rubric import next_rubric, rubric
from maintenance.demo.traffic import CHANGE_WEEK, traffic
from maintenance.services.demo_evaluation import measure
from maintenance.services.demo_loop import watch, work
from maintenance.services.demo_replies import compare
from maintenance.services.demo_story import WEEKS, Story
from maintenance.services.demo_work import Office, settle_disputes

SLUG = "larch-loom"
NAME = "Larch & Loom support"
ABOUT = "Customers' messages, and what the assistant took them for and answered."
SEED = 7
#: The last week's items have been judged for a day or two.
LATELY = timedelta(days=2)
FIRST_SIZES = {"en": 90, "de": 45, "es": 35}
LATER_SIZES = {"The kettle, perhaps": 35, "Spanish": 30, "Low confidence": 20, "rest": 35}
BLINDING = {"show": {"prediction": False, "attributes": ["channel"]}, "shuffle_options": False}
ALL = 1_000
WHOLE_WEEK = {0: 24, 1: 24, 2: 24, 3: 24, 4: ALL, 7: ALL}
HALF = {0: 22, 1: 14}


@dataclass(frozen=True)
class Login:
    """Somebody who can log in; who was here before keeps the password they have."""

    person: Person
    is_new: bool


@dataclass(frozen=True)
class Demo:
    """What was made, with the one password of everybody who is new."""

    project: Project
    logins: list[Login]
    password: str


def make_demo(*, at: datetime, seed: int = SEED) -> Demo | None:
    """Make the demo project, then run the jobs it asked for; None where it is already there."""
    if Project.objects.filter(slug=SLUG).exists():
        return None
    demo = _make(at, seed)
    _run_jobs(demo.project)
    return demo


@transaction.atomic
def _make(at: datetime, seed: int) -> Demo:
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    hashed = make_password(password)  # once: to hash is slow on purpose
    logins = [_login(person, hashed) for person in EVERYBODY]
    start = _monday_before(at - LATELY) - timedelta(weeks=WEEKS)
    project = create_project(NAME, SLUG, _user(ADMIN), description=ABOUT)
    items = list(traffic(seed, WEEKS, start=start))
    story = Story(project, _members(project), items, start, seed)
    _bring_items_in(story)
    version = _write_rubric(story)
    _define_slices(story)
    _judge(story, version)
    measure(story)
    compare(story)
    watch(story)
    work(story)
    _hand_out(story)
    _invite_somebody(story)
    return Demo(project, logins, password)


def _monday_before(at: datetime) -> datetime:
    """Weeks begin on Mondays, since the weekday shapes the traffic."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _login(person: Person, hashed: str) -> Login:
    """An account for a person; the shop's admin runs the site too where nobody does yet."""
    if User.objects.filter(email__iexact=person.email).exists():
        return Login(person, is_new=False)
    site_admin = person is ADMIN and not User.objects.filter(is_superuser=True).exists()
    user = User.objects.create(
        email=person.email,
        password=hashed,
        name=person.name,
        time_zone=person.time_zone,
        is_staff=site_admin,
        is_superuser=site_admin,
    )
    audit.record(user, "made_account", user)
    return Login(person, is_new=True)


def _user(person: Person) -> User:
    return User.objects.get(email__iexact=person.email)


def _members(project: Project) -> dict[str, Membership]:
    """Everybody in their team, by e-mail address; who began the project is in it already."""
    admin = Membership.objects.select_related("user", "team").get(project=project)
    teams = {team: add_team(project, team.name, team.kind, by=admin) for team in (HOUSE, VENDOR)}
    own, spoken = teams[ADMIN.team], ADMIN.languages
    admin = change_member(admin, roles=ADMIN.roles, team=own, languages=spoken, by=admin)
    others = {
        person.email: add_member(
            project,
            _user(person),
            person.roles,
            team=teams[person.team],
            languages=person.languages,
            by=admin,
        )
        for person in EVERYBODY
        if person is not ADMIN
    }
    return {ADMIN.email: admin, **others}


def _bring_items_in(story: Story) -> None:
    """Each Monday the week before; the last time with some rows that cannot be taken."""
    weeks = defaultdict(list)
    for row, item in zip(pushed(story.items), story.items, strict=True):
        weeks[(item.occurred_at - story.start) // timedelta(weeks=1)].append(row)
    for week, rows in weeks.items():
        if week == WEEKS - 1:
            rows += broken(rows)
        import_rows(
            story.project,
            (item_row(Row(line, values)) for line, values in enumerate(rows, start=1)),
            name=f"support-log-week-{week + 1}",
            source=Import.Source.API,
            by=story.of(ENGINEER),
            at=story.monday(week + 1, hours=5),
            valid_rows_only=True,
        )
    shown = ContentField.Visibility.SHOWN
    labels = {"message": "Customer's message", "reply": "Assistant's reply"}
    visibility = dict.fromkeys(labels, shown.value)
    show_fields(story.project, visibility, labels, by=story.of(ADMIN))


def _write_rubric(story: Story) -> RubricVersion:
    """One published version, and a draft of the next that has a place for the kettle."""
    lead = story.of(LEAD)
    version = publish(
        create_rubric(story.project, rubric(), by=lead), by=lead, at=story.monday(3, hours=10)
    )
    draft = start_draft(version.rubric, by=lead)
    save_draft(draft, next_rubric(), revision=draft.revision, by=lead)
    return version


def _define_slices(story: Story) -> None:
    for name, conditions in _slices(story.monday(CHANGE_WEEK)).items():
        terms = SliceTerms(name, parse(conditions), owner=story.of(LEAD))
        define_slice(story.project, terms, by=story.of(LEAD))


def _slices(change: datetime) -> dict[str, list[dict[str, Any]]]:
    """By name; the kettle is what the model takes for other things since it is sold."""
    since = {"field": "occurred_at", "operator": "after", "value": change.isoformat()}
    taken_for = {"field": "prediction", "operator": "one_of", "value": list(NOVEL_GUESSES)}
    languages = {"English": "en", "German": "de", "Spanish": "es"}
    return {
        **{name: [_is("language", code)] for name, code in languages.items()},
        "Phone": [_is("channel", "phone")],
        "Chat": [_is("channel", "chat")],
        "The kettle, perhaps": [since, taken_for],
        "Spanish, new market": [_is("language", "es"), since],
        "Low confidence": [{"field": "confidence", "operator": "at_most", "value": 0.6}],
    }


def _is(attribute: str, value: str) -> dict[str, Any]:
    return {"field": f"attributes.{attribute}", "operator": "is", "value": value}


def _judge(story: Story, version: RubricVersion) -> None:
    """A finished queue of the first weeks, a half-done one of the last two, and a fresh one."""
    annotators = [(person, story.of(person)) for person in ANNOTATORS]
    office = Office(story.seed, {item.external_id: item for item in story.items}, annotators)
    first = _first_queue(story, version)
    office.judge(first, begin=story.monday(4, hours=8), days=WHOLE_WEEK)
    adjudicator = story.of(ADJUDICATOR)
    settle_disputes(office, first, adjudicator, begin=story.monday(5, hours=30), share=0.6)
    second = _later_queue(story, version)
    office.judge(second, begin=story.monday(WEEKS, hours=8), days=HALF)
    settle_disputes(office, second, adjudicator, begin=story.monday(WEEKS, hours=34), share=0.4)
    office.leave_a_draft(second, 0, at=story.monday(WEEKS, hours=35))
    _fresh_queue(story, version)
    for queue in (first, second):
        ask_for_agreement(queue, by=story.of(LEAD))


def _first_queue(story: Story, version: RubricVersion) -> Queue:
    plan = {"by_attribute": "language", "sizes": FIRST_SIZES, "until": story.monday(4).isoformat()}
    at = story.monday(4, hours=7)
    sample = _sample(story, {"name": "Weeks 1 to 4 by language", **plan}, at=at)
    return _queue(story, version, sample, name="Weeks 1 to 4", at=at, overlap=3)


def _later_queue(story: Story, version: RubricVersion) -> Queue:
    strata = {"slices": [name for name in LATER_SIZES if name != "rest"], "sizes": LATER_SIZES}
    plan = {**strata, "since": story.monday(CHANGE_WEEK).isoformat()}
    at = story.monday(WEEKS, hours=7)
    sample = _sample(story, {"name": "Weeks 5 and 6 where it hurts", **plan}, at=at)
    return _queue(story, version, sample, name="Weeks 5 and 6", at=at, overlap=3)


def _fresh_queue(story: Story, version: RubricVersion) -> Queue:
    plan = {"size": 60, "by_attribute": "language", "allocation": "equal"}
    at = story.monday(WEEKS, hours=36)
    sample = _sample(story, {"name": "Sixty of all weeks", **plan}, at=at)
    settings = {"overlap": 2, "order": Queue.Order.RANDOM, "settling": Queue.Settling.UNANIMOUS}
    return _queue(story, version, sample, name="Try it: all weeks", at=at, **settings)


def _sample(story: Story, plan: dict[str, Any], *, at: datetime) -> Sample:
    plan = {**plan, "seed": story.seed}
    sample = draw_sample(story.project, plan, by=story.of(LEAD), at=at)
    perform_draw(sample, at=at)
    sample.refresh_from_db()
    return sample


def _queue(
    story: Story,
    version: RubricVersion,
    sample: Sample,
    *,
    name: str,
    at: datetime,
    **settings: Any,
) -> Queue:
    """A queue in order of arrival, so that who is offered what can be told again."""
    order, settling = Queue.Order.ARRIVAL, Queue.Settling.MAJORITY
    queue = create_queue(
        story.project,
        name=name,
        rubric_version=version,
        sample=sample,
        by=story.of(LEAD),
        at=at,
        lane_attribute="language",
        blinding=BLINDING,
        **{"order": order, "settling": settling, **settings},
    )
    build_queue(queue, at=at)
    return queue


def _hand_out(story: Story) -> None:
    """The labels as the engineer wants them."""
    kind, lines = Export.Kind.ADJUDICATIONS, Export.FileFormat.JSONL
    raw, engineer = Export.Profile.RAW, story.of(ENGINEER)
    request_export(story.project, kind, lines, raw, {}, by=engineer)


def _invite_somebody(story: Story) -> None:
    """The letter is not sent, since the address is nobody's."""
    row = PersonRow(1, "noor@example.org", ("annotator",), VENDOR.name, {"en": "fluent"})
    invite(story.project, [row], valid_only=False, by=story.of(ADMIN))
    for letter in Job.objects.filter(project=story.project, kind="send_invitations"):
        cancel(letter, by=story.of(ADMIN))


def _run_jobs(project: Project) -> None:
    """Do what the services asked for, unless a runner or worker has it already."""
    for uid in list(Job.objects.due().filter(project=project).values_list("uid", flat=True)):
        run_job(uid)
