"""Who may do what: the whole table, role by verb.

A verb that begins with ``see_`` opens a page or collection; the others act on what it shows. What a
role may not see does not exist for it (404); what it sees but may not do is refused (403).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in a project; one person can be several."""

    ANNOTATOR = "annotator"
    ADJUDICATOR = "adjudicator"
    LEAD = "lead"
    ENGINEER = "engineer"
    ADMIN = "admin"
    VIEWER = "viewer"


class Verb(StrEnum):
    """What can be done in a project."""

    SEE_OVERVIEW = "see_overview"
    SEE_ITEMS = "see_items"
    SEE_IMPORTS = "see_imports"
    IMPORT_ITEMS = "import_items"
    WITHDRAW_IMPORT = "withdraw_import"
    ERASE_ITEM = "erase_item"
    DEFINE_SLICES = "define_slices"
    SEE_RUBRICS = "see_rubrics"
    EDIT_RUBRICS = "edit_rubrics"
    PUBLISH_RUBRICS = "publish_rubrics"
    SEE_SAMPLES = "see_samples"
    DRAW_SAMPLES = "draw_samples"
    SEE_QUEUES = "see_queues"
    RUN_QUEUES = "run_queues"
    SEE_AGREEMENT = "see_agreement"
    COMPUTE_AGREEMENT = "compute_agreement"
    SEE_QUESTIONS = "see_questions"
    ANSWER_QUESTIONS = "answer_questions"
    ANNOTATE = "annotate"
    ADJUDICATE = "adjudicate"
    SEE_PEOPLE = "see_people"
    INVITE = "invite"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_TEAMS = "manage_teams"
    SEE_SETTINGS = "see_settings"
    CHANGE_SETTINGS = "change_settings"
    SEE_EXPORTS = "see_exports"
    EXPORT_LABELS = "export_labels"
    SEE_SETS = "see_sets"
    FREEZE_SETS = "freeze_sets"
    SEE_VERSIONS = "see_versions"
    REGISTER_VERSIONS = "register_versions"
    SEE_GATES = "see_gates"
    REGISTER_GATES = "register_gates"
    ASK_VERDICTS = "ask_verdicts"
    SEE_SIGNALS = "see_signals"
    RECORD_READINGS = "record_readings"
    WATCH_SIGNALS = "watch_signals"
    SEE_CASES = "see_cases"
    WORK_CASES = "work_cases"
    DECIDE_RETRAINING = "decide_retraining"
    SEE_RELEASES = "see_releases"
    RUN_RELEASES = "run_releases"
    OVERRIDE_GATES = "override_gates"
    SEE_PLAN = "see_plan"
    CHANGE_PLAN = "change_plan"
    SEE_JOBS = "see_jobs"
    RUN_JOBS = "run_jobs"
    SEE_RECORD = "see_record"
    MANAGE_OWN_TOKENS = "manage_own_tokens"


V, R = Verb, Role

MAY: dict[Verb, frozenset[Role]] = {
    V.SEE_OVERVIEW: frozenset({R.LEAD, R.ENGINEER, R.ADMIN, R.VIEWER}),
    V.SEE_ITEMS: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.SEE_IMPORTS: frozenset({R.ENGINEER, R.LEAD}),
    V.IMPORT_ITEMS: frozenset({R.ENGINEER}),
    V.WITHDRAW_IMPORT: frozenset({R.ENGINEER}),
    V.ERASE_ITEM: frozenset({R.LEAD, R.ENGINEER}),
    V.DEFINE_SLICES: frozenset({R.LEAD, R.ENGINEER}),
    V.SEE_RUBRICS: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.EDIT_RUBRICS: frozenset({R.LEAD}),
    V.PUBLISH_RUBRICS: frozenset({R.LEAD}),
    V.SEE_SAMPLES: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.DRAW_SAMPLES: frozenset({R.LEAD}),
    V.SEE_QUEUES: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.RUN_QUEUES: frozenset({R.LEAD}),
    V.SEE_AGREEMENT: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.COMPUTE_AGREEMENT: frozenset({R.LEAD, R.ENGINEER}),
    V.SEE_QUESTIONS: frozenset({R.LEAD}),
    V.ANSWER_QUESTIONS: frozenset({R.LEAD}),
    V.ANNOTATE: frozenset({R.ANNOTATOR}),
    V.ADJUDICATE: frozenset({R.ADJUDICATOR}),
    V.SEE_PEOPLE: frozenset({R.LEAD, R.ADMIN}),
    V.INVITE: frozenset({R.LEAD, R.ADMIN}),
    V.MANAGE_MEMBERS: frozenset({R.LEAD, R.ADMIN}),
    V.MANAGE_TEAMS: frozenset({R.ADMIN}),
    V.SEE_SETTINGS: frozenset({R.ADMIN, R.ENGINEER}),
    V.CHANGE_SETTINGS: frozenset({R.ADMIN}),
    V.SEE_EXPORTS: frozenset({R.LEAD, R.ENGINEER}),
    V.EXPORT_LABELS: frozenset({R.LEAD, R.ENGINEER}),
    V.SEE_SETS: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.FREEZE_SETS: frozenset({R.LEAD, R.ENGINEER}),
    V.SEE_VERSIONS: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.REGISTER_VERSIONS: frozenset({R.ENGINEER}),
    V.SEE_GATES: frozenset({R.LEAD, R.ENGINEER, R.VIEWER}),
    V.REGISTER_GATES: frozenset({R.LEAD, R.ENGINEER}),
    V.ASK_VERDICTS: frozenset({R.LEAD, R.ENGINEER}),
    V.SEE_SIGNALS: frozenset({R.LEAD, R.ENGINEER, R.ADMIN, R.VIEWER}),
    V.RECORD_READINGS: frozenset({R.ENGINEER}),
    V.WATCH_SIGNALS: frozenset({R.LEAD, R.ENGINEER}),
    V.SEE_CASES: frozenset({R.LEAD, R.ENGINEER, R.ADMIN, R.VIEWER}),
    V.WORK_CASES: frozenset({R.LEAD, R.ENGINEER, R.ADMIN}),
    V.DECIDE_RETRAINING: frozenset({R.LEAD, R.ENGINEER}),
    V.SEE_RELEASES: frozenset({R.LEAD, R.ENGINEER, R.ADMIN, R.VIEWER}),
    V.RUN_RELEASES: frozenset({R.ENGINEER, R.ADMIN}),
    V.OVERRIDE_GATES: frozenset({R.ADMIN}),
    V.SEE_PLAN: frozenset({R.LEAD, R.ENGINEER, R.ADMIN, R.VIEWER}),
    V.CHANGE_PLAN: frozenset({R.ADMIN}),
    V.SEE_JOBS: frozenset({R.LEAD, R.ENGINEER, R.ADMIN}),
    V.RUN_JOBS: frozenset({R.LEAD, R.ENGINEER, R.ADMIN}),
    V.SEE_RECORD: frozenset({R.VIEWER, R.ADMIN, R.LEAD, R.ENGINEER}),
    V.MANAGE_OWN_TOKENS: frozenset(R),
}

#: A vendor's people, whatever their roles, see their own work and team and nothing of the house.
VENDOR_MAY = frozenset(
    {
        V.ANNOTATE,
        V.SEE_QUEUES,
        V.SEE_QUESTIONS,
        V.ANSWER_QUESTIONS,
        V.SEE_PEOPLE,
        V.INVITE,
        V.MANAGE_MEMBERS,
        V.MANAGE_OWN_TOKENS,
    },
)

#: Which roles somebody may give and take; a vendor's lead gives `VENDOR_GRANTS`, in the own team.
GRANTS: dict[Role, frozenset[Role]] = {
    R.LEAD: frozenset({R.ANNOTATOR, R.ADJUDICATOR}),
    R.ADMIN: frozenset(R),
}
VENDOR_GRANTS: dict[Role, frozenset[Role]] = {R.LEAD: frozenset({R.ANNOTATOR})}

#: The page or collection that an action belongs to: not seeing it, the action does not exist.
SHOWN_BY: dict[Verb, Verb] = {
    V.IMPORT_ITEMS: V.SEE_IMPORTS,
    V.WITHDRAW_IMPORT: V.SEE_IMPORTS,
    V.ERASE_ITEM: V.SEE_ITEMS,
    V.DEFINE_SLICES: V.SEE_ITEMS,
    V.EDIT_RUBRICS: V.SEE_RUBRICS,
    V.PUBLISH_RUBRICS: V.SEE_RUBRICS,
    V.DRAW_SAMPLES: V.SEE_SAMPLES,
    V.RUN_QUEUES: V.SEE_AGREEMENT,
    V.COMPUTE_AGREEMENT: V.SEE_AGREEMENT,
    V.ANSWER_QUESTIONS: V.SEE_QUESTIONS,
    V.INVITE: V.SEE_PEOPLE,
    V.MANAGE_MEMBERS: V.SEE_PEOPLE,
    V.MANAGE_TEAMS: V.SEE_PEOPLE,
    V.CHANGE_SETTINGS: V.SEE_SETTINGS,
    V.EXPORT_LABELS: V.SEE_EXPORTS,
    V.FREEZE_SETS: V.SEE_SETS,
    V.REGISTER_VERSIONS: V.SEE_VERSIONS,
    V.REGISTER_GATES: V.SEE_GATES,
    V.ASK_VERDICTS: V.SEE_GATES,
    V.RECORD_READINGS: V.SEE_SIGNALS,
    V.WATCH_SIGNALS: V.SEE_SIGNALS,
    V.WORK_CASES: V.SEE_CASES,
    V.DECIDE_RETRAINING: V.SEE_CASES,
    V.RUN_RELEASES: V.SEE_RELEASES,
    V.OVERRIDE_GATES: V.SEE_RELEASES,
    V.CHANGE_PLAN: V.SEE_PLAN,
    V.RUN_JOBS: V.SEE_JOBS,
}


class Scope(StrEnum):
    """What a token may be used for; never more than its member may do."""

    READ = "read"
    ITEMS = "items"
    ANNOTATE = "annotate"
    ADJUDICATE = "adjudicate"
    EXPORTS = "exports"
    EVALUATE = "evaluate"
    SIGNALS = "signals"
    RELEASE = "release"
    MANAGE = "manage"


SCOPE_CARRIES: dict[Scope, frozenset[Verb]] = {
    Scope.READ: frozenset(
        {
            V.SEE_OVERVIEW,
            V.SEE_ITEMS,
            V.SEE_IMPORTS,
            V.SEE_RUBRICS,
            V.SEE_SAMPLES,
            V.SEE_QUEUES,
            V.SEE_QUESTIONS,
            V.SEE_AGREEMENT,
            V.SEE_SETS,
            V.SEE_VERSIONS,
            V.SEE_GATES,
            V.SEE_SIGNALS,
            V.SEE_CASES,
            V.SEE_RELEASES,
            V.SEE_PLAN,
            V.SEE_JOBS,
            V.SEE_RECORD,
        }
    ),
    Scope.ITEMS: frozenset({V.SEE_ITEMS, V.SEE_IMPORTS, V.IMPORT_ITEMS, V.WITHDRAW_IMPORT}),
    Scope.ANNOTATE: frozenset({V.ANNOTATE}),
    Scope.ADJUDICATE: frozenset({V.ADJUDICATE}),
    Scope.EXPORTS: frozenset({V.SEE_EXPORTS, V.EXPORT_LABELS, V.SEE_JOBS}),
    Scope.EVALUATE: frozenset(
        {
            V.SEE_SETS,
            V.SEE_VERSIONS,
            V.REGISTER_VERSIONS,
            V.SEE_GATES,
            V.ASK_VERDICTS,
            V.SEE_JOBS,
        }
    ),
    Scope.SIGNALS: frozenset({V.SEE_SIGNALS, V.RECORD_READINGS}),
    # people vouch in person: no scope carries OVERRIDE_GATES
    Scope.RELEASE: frozenset({V.SEE_RELEASES, V.RUN_RELEASES}),
    Scope.MANAGE: frozenset(
        {
            V.SEE_SIGNALS,
            V.WATCH_SIGNALS,
            V.SEE_CASES,
            V.WORK_CASES,
            V.DECIDE_RETRAINING,
            V.SEE_PLAN,
            V.CHANGE_PLAN,
            V.SEE_SETS,
            V.FREEZE_SETS,
            V.SEE_GATES,
            V.REGISTER_GATES,
            V.ERASE_ITEM,
            V.DEFINE_SLICES,
            V.EDIT_RUBRICS,
            V.PUBLISH_RUBRICS,
            V.DRAW_SAMPLES,
            V.RUN_QUEUES,
            V.SEE_QUESTIONS,
            V.ANSWER_QUESTIONS,
            V.COMPUTE_AGREEMENT,
            V.SEE_AGREEMENT,
            V.SEE_RUBRICS,
            V.SEE_SAMPLES,
            V.SEE_QUEUES,
            V.SEE_ITEMS,
            V.SEE_PEOPLE,
            V.INVITE,
            V.RUN_JOBS,
            V.SEE_JOBS,
        }
    ),
}


def may(roles: Iterable[str], verb: Verb, *, vendor: bool = False) -> bool:
    """Whether somebody with these roles may do this.

    roles: names of `Role`; unknown names carry nothing. vendor: on a vendor's team.

    >>> may(["lead"], Verb.RUN_QUEUES), may(["lead"], Verb.RUN_QUEUES, vendor=True)
    (True, False)
    """
    if vendor and verb not in VENDOR_MAY:
        return False
    return any(role in MAY[verb] for role in roles)


def carries(scopes: Iterable[str], verb: Verb) -> bool:
    """Whether a token with these scopes may be used for this verb.

    >>> carries(["items"], Verb.IMPORT_ITEMS), carries(["read"], Verb.IMPORT_ITEMS)
    (True, False)
    """
    return any(verb in SCOPE_CARRIES[Scope(scope)] for scope in scopes if scope in set(Scope))


def grantable(roles: Iterable[str], *, vendor: bool = False) -> frozenset[Role]:
    """The roles that somebody with these roles may give to others and take from them.

    >>> sorted(role.value for role in grantable(["lead"]))
    ['adjudicator', 'annotator']
    >>> sorted(role.value for role in grantable(["lead"], vendor=True))
    ['annotator']
    """
    table = VENDOR_GRANTS if vendor else GRANTS
    return frozenset().union(*(table[role] for role in table if role in set(roles)))


def scopes_for(roles: Iterable[str], *, vendor: bool = False) -> list[Scope]:
    """The scopes that would let a token do something at all for somebody with these roles.

    >>> scopes_for(["annotator"])
    [<Scope.ANNOTATE: 'annotate'>]
    """
    roles = list(roles)
    return [
        scope
        for scope in Scope
        if any(may(roles, verb, vendor=vendor) for verb in SCOPE_CARRIES[scope])
    ]
