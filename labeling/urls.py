from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from labeling.admin import site
from labeling.api import docs
from labeling.api.urls import urlpatterns as api_patterns
from labeling.views import (
    accounts,
    adjudicate,
    agreement,
    blinding,
    client,
    exports,
    imports,
    invitations,
    items,
    jobs,
    judge,
    me,
    moving,
    people,
    proposals,
    questions,
    queue_price,
    queue_settings,
    queues,
    relabeling,
    rubric_changes,
    rubric_drafts,
    rubric_owners,
    rubrics,
    samples,
    settings,
    slices,
    taxonomies,
    taxonomy_drafts,
    tokens,
    work,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((api_patterns, "api"))),
    path("api/schema/", docs.Schema.as_view(), name="api_schema"),
    path("api/docs/", docs.api_docs, name="api_docs"),
    path("client.py", client.client, name="client"),
    # accounts
    path("login/", accounts.login, name="login"),
    path("logout/", accounts.logout, name="logout"),
    path("password/", accounts.password_change, name="password_change"),
    path("password/reset/", accounts.password_reset, name="password_reset"),
    path("password/reset/sent/", accounts.password_reset_done, name="password_reset_done"),
    path(
        "password/reset/<uuid:uid>/<str:token>/",
        accounts.password_reset_confirm,
        name="password_reset_confirm",
    ),
    path("set-up/<str:secret>/", accounts.set_up, name="set_up"),
    path("invite/<str:secret>/", invitations.invite, name="invite"),
    path("admin/", site.urls),
    # me
    path("me/", me.me, name="me"),
    path("me/keys/", me.me_keys, name="me_keys"),
    path("me/tokens/<slug:project>/", tokens.tokens, name="tokens"),
    path("me/tokens/<slug:project>/<uuid:uid>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("me/work/<slug:project>/", work.my_work, name="my_work"),
    # projects
    path("projects/new/", settings.project_new, name="project_new"),
    path("p/<slug:project>/settings/", settings.settings, name="settings"),
    path("p/<slug:project>/settings/fields/", settings.settings_fields, name="settings_fields"),
    # people
    path("p/<slug:project>/people/", people.people, name="people"),
    path("p/<slug:project>/people/machines/", people.machine_new, name="machine_new"),
    path("p/<slug:project>/people/<uuid:uid>/", people.person, name="person"),
    path(
        "p/<slug:project>/people/<uuid:uid>/deactivate/",
        people.person_deactivate,
        name="person_deactivate",
    ),
    path(
        "p/<slug:project>/people/<uuid:uid>/reactivate/",
        people.person_reactivate,
        name="person_reactivate",
    ),
    path(
        "p/<slug:project>/people/<uuid:uid>/qualify/",
        queue_settings.person_qualify,
        name="person_qualify",
    ),
    path("p/<slug:project>/people/<uuid:uid>/tokens/", people.machine_token, name="machine_token"),
    path(
        "p/<slug:project>/people/tokens/<uuid:uid>/revoke/",
        people.machine_token_revoke,
        name="machine_token_revoke",
    ),
    path("p/<slug:project>/people/teams/", people.teams, name="teams"),
    path(
        "p/<slug:project>/people/teams/<uuid:uid>/rename/", people.team_rename, name="team_rename"
    ),
    path("p/<slug:project>/people/invitations/", invitations.invitations, name="invitations"),
    path(
        "p/<slug:project>/people/invitations/<uuid:uid>/resend/",
        invitations.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "p/<slug:project>/people/invitations/<uuid:uid>/revoke/",
        invitations.invitation_revoke,
        name="invitation_revoke",
    ),
    path(
        "p/<slug:project>/people/invitations/<uuid:uid>/link/",
        invitations.invitation_link,
        name="invitation_link",
    ),
    # samples
    path("p/<slug:project>/samples/", samples.samples, name="samples"),
    path("p/<slug:project>/samples/new/", samples.sample_new, name="sample_new"),
    path("p/<slug:project>/samples/<uuid:uid>/", samples.sample, name="sample"),
    # queues
    path("p/<slug:project>/queues/", queues.queues, name="queues"),
    path("p/<slug:project>/queues/new/", queues.queue_new, name="queue_new"),
    path("p/<slug:project>/queues/new/price/", queue_price.queue_price, name="queue_price"),
    path("p/<slug:project>/queues/<uuid:uid>/", queues.queue, name="queue"),
    path("p/<slug:project>/queues/<uuid:uid>/move/", queues.queue_move, name="queue_move"),
    path(
        "p/<slug:project>/queues/<uuid:uid>/successor/",
        moving.queue_successor,
        name="queue_successor",
    ),
    path(
        "p/<slug:project>/queues/<uuid:uid>/settings/",
        queue_settings.queue_settings,
        name="queue_settings",
    ),
    path(
        "p/<slug:project>/queues/<uuid:uid>/qualify/",
        queue_settings.queue_qualify,
        name="queue_qualify",
    ),
    path("p/<slug:project>/queues/<uuid:uid>/skips/", queues.queue_skips, name="queue_skips"),
    path(
        "p/<slug:project>/queues/<uuid:uid>/blinding/",
        blinding.queue_blinding,
        name="queue_blinding",
    ),
    path(
        "p/<slug:project>/queues/<uuid:uid>/offer-again/",
        queues.queue_offer_again,
        name="queue_offer_again",
    ),
    path(
        "p/<slug:project>/queues/<uuid:uid>/agreement/",
        agreement.queue_agreement,
        name="queue_agreement",
    ),
    path(
        "p/<slug:project>/queues/<uuid:uid>/agreement/compute/",
        agreement.agreement_compute,
        name="agreement_compute",
    ),
    path(
        "p/<slug:project>/queues/<uuid:uid>/disputes/",
        agreement.queue_disputes,
        name="queue_disputes",
    ),
    # adjudications
    path("p/<slug:project>/adjudicate/", adjudicate.adjudicate, name="adjudicate"),
    path(
        "p/<slug:project>/adjudicate/<uuid:token>/reveal/",
        adjudicate.adjudicate_reveal,
        name="adjudicate_reveal",
    ),
    path(
        "p/<slug:project>/adjudicate/<uuid:token>/decide/",
        adjudicate.adjudicate_decide,
        name="adjudicate_decide",
    ),
    path(
        "p/<slug:project>/adjudicate/<uuid:token>/park/",
        adjudicate.adjudicate_park,
        name="adjudicate_park",
    ),
    path(
        "p/<slug:project>/adjudications/<uuid:uid>/undo/",
        adjudicate.adjudicate_undo,
        name="adjudicate_undo",
    ),
    path(
        "p/<slug:project>/tasks/<uuid:uid>/reopen/",
        adjudicate.adjudicate_reopen,
        name="adjudicate_reopen",
    ),
    # judging
    path("p/<slug:project>/judge/", judge.judge, name="judge"),
    path("p/<slug:project>/judge/<uuid:token>/submit/", judge.judge_submit, name="judge_submit"),
    path("p/<slug:project>/judge/<uuid:token>/skip/", judge.judge_skip, name="judge_skip"),
    path("p/<slug:project>/judge/<uuid:uid>/undo/", judge.judge_undo, name="judge_undo"),
    path("p/<slug:project>/judge/back/", work.judge_back, name="judge_back"),
    path("p/<slug:project>/judge/amend/<uuid:uid>/", work.judge_amend, name="judge_amend"),
    # questions
    path("p/<slug:project>/judge/<uuid:token>/ask/", questions.judge_ask, name="judge_ask"),
    path("p/<slug:project>/questions/", questions.questions, name="questions"),
    path("p/<slug:project>/questions/own/", questions.own_questions_page, name="own_questions"),
    path("p/<slug:project>/questions/<uuid:uid>/", questions.question, name="question"),
    path("p/<slug:project>/rubrics/<uuid:uid>/notes/", questions.rubric_notes, name="rubric_notes"),
    path(
        "p/<slug:project>/notes/<uuid:uid>/withdraw/", questions.note_withdraw, name="note_withdraw"
    ),
    # jobs
    path("p/<slug:project>/jobs/", jobs.jobs, name="jobs"),
    path("p/<slug:project>/jobs/<uuid:uid>/", jobs.job, name="job"),
    path("p/<slug:project>/jobs/<uuid:uid>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("p/<slug:project>/jobs/<uuid:uid>/retry/", jobs.job_retry, name="job_retry"),
    path("p/<slug:project>/jobs/<uuid:uid>/file/", jobs.job_file, name="job_file"),
    # items
    path("p/<slug:project>/items/", items.items, name="items"),
    # slices
    path("p/<slug:project>/slices/", slices.slices, name="slices"),
    path("p/<slug:project>/slices/new/", slices.slice_new, name="slice_new"),
    path("p/<slug:project>/slices/counts/", slices.slices_count, name="slices_count"),
    path("p/<slug:project>/slices/<uuid:uid>/", slices.slice_page, name="slice"),
    path("p/<slug:project>/slices/<uuid:uid>/delete/", slices.slice_delete, name="slice_delete"),
    # imports
    path("p/<slug:project>/imports/", imports.imports, name="imports"),
    path("p/<slug:project>/imports/new/", imports.import_new, name="import_new"),
    path("p/<slug:project>/imports/<uuid:uid>/", imports.import_page, name="import"),
    path("p/<slug:project>/imports/<uuid:uid>/map/", imports.import_map, name="import_map"),
    path(
        "p/<slug:project>/imports/<uuid:uid>/refused/",
        imports.import_refused,
        name="import_refused",
    ),
    path(
        "p/<slug:project>/imports/<uuid:uid>/withdraw/",
        imports.import_withdraw,
        name="import_withdraw",
    ),
    # exports
    path("p/<slug:project>/exports/", exports.exports, name="exports"),
    path("p/<slug:project>/exports/new/", exports.export_new, name="export_new"),
    path("p/<slug:project>/exports/<uuid:uid>/", exports.export, name="export"),
    path("p/<slug:project>/exports/<uuid:uid>/file/", exports.export_file, name="export_file"),
    # rubrics
    path("p/<slug:project>/rubrics/", rubrics.rubrics, name="rubrics"),
    path("p/<slug:project>/rubrics/new/", rubrics.rubric_new, name="rubric_new"),
    path("p/<slug:project>/rubrics/<uuid:uid>/", rubrics.rubric, name="rubric"),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/preview/",
        rubrics.rubric_preview,
        name="rubric_preview",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/",
        rubric_changes.rubric_versions,
        name="rubric_versions",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/proposed/",
        proposals.rubric_proposals,
        name="rubric_proposals",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/impact/",
        rubric_changes.rubric_impact,
        name="rubric_impact",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/",
        rubrics.rubric_version,
        name="rubric_version",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/publish/",
        rubrics.rubric_publish,
        name="rubric_publish",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/owner/",
        rubric_owners.rubric_owner,
        name="rubric_owner",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/propose/",
        rubric_owners.rubric_propose,
        name="rubric_propose",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/relabel/",
        relabeling.rubric_relabel,
        name="rubric_relabel",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/retire/",
        rubrics.rubric_retire,
        name="rubric_retire",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/draft/",
        rubric_drafts.rubric_draft,
        name="rubric_draft",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/discard/",
        rubric_drafts.rubric_discard,
        name="rubric_discard",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/versions/<int:number>/<slug:kind>/",
        rubrics.rubric_file,
        name="rubric_file",
    ),
    path(
        "p/<slug:project>/rubrics/<uuid:uid>/export/", rubrics.rubric_export, name="rubric_export"
    ),
    # taxonomies
    path("p/<slug:project>/taxonomies/", taxonomies.taxonomies, name="taxonomies"),
    path("p/<slug:project>/taxonomies/<uuid:uid>/", taxonomies.taxonomy, name="taxonomy"),
    path(
        "p/<slug:project>/taxonomies/<uuid:uid>/edit/",
        taxonomy_drafts.taxonomy_edit,
        name="taxonomy_edit",
    ),
    path(
        "p/<slug:project>/taxonomies/<uuid:uid>/file/<slug:kind>/",
        taxonomies.taxonomy_file,
        name="taxonomy_file",
    ),
    path(
        "p/<slug:project>/taxonomies/drafts/<uuid:uid>/",
        taxonomy_drafts.taxonomy_draft,
        name="taxonomy_draft",
    ),
    path(
        "p/<slug:project>/taxonomies/drafts/<uuid:uid>/undo/",
        taxonomy_drafts.taxonomy_undo,
        name="taxonomy_undo",
    ),
    path(
        "p/<slug:project>/taxonomies/drafts/<uuid:uid>/replace/",
        taxonomy_drafts.taxonomy_replace,
        name="taxonomy_replace",
    ),
    path(
        "p/<slug:project>/taxonomies/drafts/<uuid:uid>/publish/",
        taxonomy_drafts.taxonomy_publish,
        name="taxonomy_publish",
    ),
    path(
        "p/<slug:project>/taxonomies/drafts/<uuid:uid>/discard/",
        taxonomy_drafts.taxonomy_discard,
        name="taxonomy_discard",
    ),
]
