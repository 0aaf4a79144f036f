"""The people of the demo project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Team:
    """An employer: the shop itself, or an outside vendor."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody judges; rates are shares of the items they see."""

    accuracy: float
    too_general: float
    cannot_tell: float
    skips: float
    comments: float
    median_seconds: float
    generosity: float = 0.0
    careless: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a place in the project; annotators also have habits."""

    name: str
    email: str
    roles: tuple[str, ...]
    team: Team
    languages: dict[str, str]
    time_zone: str = "Europe/Berlin"
    habits: Habits | None = None


HOUSE = Team("Larch & Loom", "internal")
VENDOR = Team("Fernlight Labeling", "vendor")

#: Answers in full, and never with a branch where an intent will do.
STRICT = Person(
    name="Mirela Anders",
    email="mirela@example.org",
    roles=("annotator",),
    team=HOUSE,
    languages={"en": "fluent", "de": "native"},
    habits=Habits(0.97, 0.0, 0.01, 0.01, 0.06, 19, generosity=-0.3),
)
BILINGUAL = Person(
    name="Tomas Iriarte",
    email="tomas@example.org",
    roles=("annotator",),
    team=HOUSE,
    languages={"en": "native", "es": "native"},
    time_zone="Europe/Madrid",
    habits=Habits(0.955, 0.02, 0.015, 0.01, 0.04, 15),
)
#: Stops at the branch when unsure, which is too general to be of use.
CAUTIOUS = Person(
    name="Hanne Vogtland",
    email="hanne@example.org",
    roles=("annotator",),
    team=VENDOR,
    languages={"en": "fluent", "de": "native"},
    habits=Habits(0.94, 0.07, 0.035, 0.02, 0.03, 21, generosity=0.2),
)
THOROUGH = Person(
    name="Olu Bankole",
    email="olu@example.org",
    roles=("annotator",),
    team=VENDOR,
    languages={"en": "native", "es": "fluent"},
    time_zone="Europe/London",
    habits=Habits(0.945, 0.02, 0.02, 0.025, 0.12, 27),
)
#: Fast, and with the most common intent at hand whenever reading would take longer.
CARELESS = Person(
    name="Derk Pohlmann",
    email="derk@example.org",
    roles=("annotator",),
    team=VENDOR,
    languages={"en": "fluent", "de": "native", "es": "working"},
    habits=Habits(0.84, 0.03, 0.0, 0.004, 0.0, 4.5, generosity=0.8, careless=True),
)

ANNOTATORS = (STRICT, BILINGUAL, CAUTIOUS, THOROUGH, CARELESS)

LEAD = Person(
    name="Ruth Okonski",
    email="ruth@example.org",
    roles=("lead",),
    team=HOUSE,
    languages={"en": "fluent", "de": "native"},
)
ADJUDICATOR = Person(
    name="Sami Lindqvist",
    email="sami@example.org",
    roles=("adjudicator",),
    team=HOUSE,
    languages={"en": "fluent", "de": "fluent", "es": "fluent"},
)
ENGINEER = Person(
    name="Priya Venkat",
    email="priya@example.org",
    roles=("engineer",),
    team=HOUSE,
    languages={"en": "native"},
    time_zone="Europe/London",
)
ADMIN = Person(
    name="Jonas Achterberg",
    email="jonas@example.org",
    roles=("admin",),
    team=HOUSE,
    languages={"en": "fluent", "de": "native"},
)
VIEWER = Person(
    name="Clara Montiel",
    email="clara@example.org",
    roles=("viewer",),
    team=HOUSE,
    languages={"en": "fluent", "es": "native"},
    time_zone="Europe/Madrid",
)

STAFF = (LEAD, ADJUDICATOR, ENGINEER, ADMIN, VIEWER)
EVERYBODY = (*STAFF, *ANNOTATORS)
