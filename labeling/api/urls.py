from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from labeling.api import (
    adjudications,
    agreement,
    blinding,
    exports,
    fields,
    imports,
    items,
    jobs,
    judging,
    label_studio,
    machines,
    moving,
    people,
    proposals,
    qualifications,
    questions,
    queue_price,
    queues,
    relabeling,
    rubric_changes,
    rubric_owners,
    rubrics,
    samples,
    slices,
    taxonomies,
    tokens,
    work,
)

urlpatterns: list[URLPattern | URLResolver] = [
    # jobs
    path("projects/<slug:project>/jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:uid>/", jobs.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:uid>/cancellations/", jobs.JobCancellations.as_view(), name="job_cancel"),
    path("jobs/<uuid:uid>/retries/", jobs.JobRetries.as_view(), name="job_retry"),
    path("jobs/<uuid:uid>/file/", jobs.JobFile.as_view(), name="job_file"),
    # judging
    path("projects/<slug:project>/claims/", judging.Claims.as_view(), name="claims"),
    path("leases/<uuid:token>/heartbeat/", judging.Heartbeat.as_view(), name="lease_heartbeat"),
    path("leases/<uuid:token>/draft/", judging.Draft.as_view(), name="lease_draft"),
    path("leases/<uuid:token>/submit/", judging.Submit.as_view(), name="lease_submit"),
    path("leases/<uuid:token>/skip/", judging.Skip.as_view(), name="lease_skip"),
    path("leases/<uuid:token>/release/", judging.Release.as_view(), name="lease_release"),
    path("annotations/<uuid:uid>/undo/", judging.Undo.as_view(), name="annotation_undo"),
    path("annotations/<uuid:uid>/amend/", work.Amend.as_view(), name="annotation_amend"),
    path("projects/<slug:project>/work/", work.Work.as_view(), name="work"),
    path(
        "projects/<slug:project>/work/progress/",
        work.WorkProgress.as_view(),
        name="work_progress",
    ),
    path(
        "queues/<uuid:uid>/machine-annotations/",
        machines.MachineAnnotations.as_view(),
        name="machine_annotations",
    ),
    path("queues/<uuid:uid>/machine-tasks/", machines.MachineTasks.as_view(), name="machine_tasks"),
    # questions
    path(
        "leases/<uuid:token>/questions/",
        questions.LeaseQuestions.as_view(),
        name="lease_questions",
    ),
    path("projects/<slug:project>/questions/", questions.Questions.as_view(), name="questions"),
    path(
        "projects/<slug:project>/questions/own/",
        questions.OwnQuestions.as_view(),
        name="own_questions",
    ),
    path(
        "questions/<uuid:uid>/answers/",
        questions.QuestionAnswers.as_view(),
        name="question_answer",
    ),
    path("rubric-versions/<uuid:uid>/notes/", questions.RubricNotes.as_view(), name="rubric_notes"),
    path(
        "notes/<uuid:uid>/withdrawals/", questions.NoteWithdrawals.as_view(), name="note_withdraw"
    ),
    # people
    path("me/", people.MeView.as_view(), name="me"),
    path("projects/<slug:project>/people/", people.People.as_view(), name="people"),
    path("people/<uuid:uid>/", people.Person.as_view(), name="person"),
    path("projects/<slug:project>/teams/", people.Teams.as_view(), name="teams"),
    path("projects/<slug:project>/invitations/", people.Invitations.as_view(), name="invitations"),
    path("invitations/<uuid:uid>/", people.InvitationDetail.as_view(), name="invitation"),
    # tokens
    path("projects/<slug:project>/tokens/", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<uuid:uid>/", tokens.TokenDetail.as_view(), name="token"),
    # settings
    path(
        "projects/<slug:project>/settings/",
        fields.ProjectSettings.as_view(),
        name="project_settings",
    ),
    path(
        "projects/<slug:project>/content-fields/",
        fields.ContentFields.as_view(),
        name="content_fields",
    ),
    # items
    path("projects/<slug:project>/items/", items.Items.as_view(), name="items"),
    path("items/<uuid:uid>/", items.ItemDetail.as_view(), name="item"),
    path("items/<uuid:uid>/erasures/", items.ItemErasures.as_view(), name="item_erase"),
    # imports
    path("projects/<slug:project>/imports/", imports.Imports.as_view(), name="imports"),
    path("imports/<uuid:uid>/", imports.ImportDetail.as_view(), name="import"),
    path(
        "imports/<uuid:uid>/refused-rows/",
        imports.ImportRefusedRows.as_view(),
        name="import_refused",
    ),
    path(
        "imports/<uuid:uid>/withdrawals/",
        imports.ImportWithdrawals.as_view(),
        name="import_withdraw",
    ),
    # slices
    path("projects/<slug:project>/slices/", slices.Slices.as_view(), name="slices"),
    path("slices/<uuid:uid>/", slices.SliceDetail.as_view(), name="slice"),
    # rubrics
    path("projects/<slug:project>/rubrics/", rubrics.Rubrics.as_view(), name="rubrics"),
    path(
        "projects/<slug:project>/rubrics/label-studio/",
        label_studio.RubricFromConfig.as_view(),
        name="rubric_from_config",
    ),
    path("projects/<slug:project>/taxonomies/", taxonomies.Taxonomies.as_view(), name="taxonomies"),
    path(
        "taxonomies/<uuid:uid>/drafts/", taxonomies.TaxonomyDrafts.as_view(), name="taxonomy_drafts"
    ),
    path(
        "taxonomy-versions/<uuid:uid>/",
        taxonomies.TaxonomyVersionDetail.as_view(),
        name="taxonomy_version",
    ),
    path(
        "taxonomy-drafts/<uuid:uid>/",
        taxonomies.TaxonomyDraftDetail.as_view(),
        name="taxonomy_draft",
    ),
    path(
        "taxonomy-drafts/<uuid:uid>/changes/",
        taxonomies.TaxonomyDraftChanges.as_view(),
        name="taxonomy_changes",
    ),
    path(
        "taxonomy-drafts/<uuid:uid>/undo/",
        taxonomies.TaxonomyDraftUndo.as_view(),
        name="taxonomy_undo",
    ),
    path(
        "taxonomy-drafts/<uuid:uid>/publish/",
        taxonomies.TaxonomyDraftPublish.as_view(),
        name="taxonomy_publish",
    ),
    path(
        "taxonomy-drafts/<uuid:uid>/discard/",
        taxonomies.TaxonomyDraftDiscard.as_view(),
        name="taxonomy_discard",
    ),
    path("rubrics/<uuid:uid>/drafts/", rubrics.RubricDrafts.as_view(), name="rubric_drafts"),
    path(
        "rubrics/<uuid:uid>/proposed-labels/",
        proposals.ProposedLabels.as_view(),
        name="proposed_labels",
    ),
    path(
        "rubric-versions/<uuid:uid>/",
        rubrics.RubricVersionDetail.as_view(),
        name="rubric_version",
    ),
    path(
        "rubric-versions/<uuid:uid>/publish/",
        rubrics.RubricVersionPublish.as_view(),
        name="rubric_publish",
    ),
    path("rubrics/<uuid:uid>/owner/", rubric_owners.RubricOwner.as_view(), name="rubric_owner"),
    path(
        "rubric-versions/<uuid:uid>/propose/",
        rubric_owners.RubricVersionPropose.as_view(),
        name="rubric_propose",
    ),
    path(
        "rubric-versions/<uuid:uid>/discard/",
        rubrics.RubricVersionDiscard.as_view(),
        name="rubric_discard",
    ),
    path(
        "rubric-versions/<uuid:uid>/retire/",
        rubrics.RubricVersionRetire.as_view(),
        name="rubric_retire",
    ),
    path(
        "rubric-versions/<uuid:uid>/label-studio/",
        label_studio.RubricConfig.as_view(),
        name="rubric_config",
    ),
    path(
        "rubric-versions/<uuid:uid>/findings/",
        rubric_changes.RubricFindings.as_view(),
        name="rubric_findings",
    ),
    path(
        "rubric-versions/<uuid:uid>/changes/",
        rubric_changes.RubricChanges.as_view(),
        name="rubric_changes",
    ),
    path(
        "rubric-versions/<uuid:uid>/decisions/",
        rubric_changes.RubricDecisions.as_view(),
        name="rubric_decisions",
    ),
    path(
        "rubric-versions/<uuid:uid>/relabelings/",
        relabeling.RubricRelabelings.as_view(),
        name="rubric_relabelings",
    ),
    path(
        "rubric-versions/<uuid:uid>/kept-answers/",
        relabeling.RubricKeptAnswers.as_view(),
        name="rubric_kept_answers",
    ),
    # samples
    path("projects/<slug:project>/samples/", samples.Samples.as_view(), name="samples"),
    path("samples/<uuid:uid>/", samples.SampleDetail.as_view(), name="sample"),
    path("samples/<uuid:uid>/members/", samples.SampleMembers.as_view(), name="sample_members"),
    # queues
    path("projects/<slug:project>/queues/", queues.Queues.as_view(), name="queues"),
    path("projects/<slug:project>/queues/board/", queues.Board.as_view(), name="queue_board"),
    path(
        "projects/<slug:project>/queues/of-team/",
        queues.QueuesOfTeam.as_view(),
        name="queues_of_team",
    ),
    path(
        "projects/<slug:project>/queues/price/",
        queue_price.QueuePrice.as_view(),
        name="queue_price",
    ),
    path("queues/<uuid:uid>/", queues.QueueDetail.as_view(), name="queue"),
    path("queues/<uuid:uid>/successor/", moving.QueueSuccessor.as_view(), name="queue_successor"),
    path("queues/<uuid:uid>/skips/", queues.QueueSkips.as_view(), name="queue_skips"),
    path("queues/<uuid:uid>/blinding/", blinding.QueueBlinding.as_view(), name="queue_blinding"),
    path("queues/<uuid:uid>/decline/", work.QueueDecline.as_view(), name="queue_decline"),
    path("queues/<uuid:uid>/rejoin/", work.QueueRejoin.as_view(), name="queue_rejoin"),
    path("queues/<uuid:uid>/pause/", queues.QueuePause.as_view(), name="queue_pause"),
    path("queues/<uuid:uid>/reopen/", queues.QueueReopen.as_view(), name="queue_reopen"),
    path(
        "queues/<uuid:uid>/qualifications/",
        qualifications.QueueQualifications.as_view(),
        name="queue_qualifications",
    ),
    path("queues/<uuid:uid>/drain/", queues.QueueDrain.as_view(), name="queue_drain"),
    path("queues/<uuid:uid>/resume/", queues.QueueResume.as_view(), name="queue_resume"),
    path("queues/<uuid:uid>/close/", queues.QueueClose.as_view(), name="queue_close"),
    # exports
    path("projects/<slug:project>/exports/", exports.Exports.as_view(), name="exports"),
    path("exports/<uuid:uid>/", exports.ExportDetail.as_view(), name="export"),
    path("exports/<uuid:uid>/file/", exports.ExportFile.as_view(), name="export_file"),
    path("queues/<uuid:uid>/labels/", exports.QueueLabels.as_view(), name="queue_labels"),
    path(
        "queues/<uuid:uid>/annotations/",
        exports.QueueAnnotations.as_view(),
        name="queue_annotations",
    ),
    # agreement
    path("queues/<uuid:uid>/agreement/", agreement.QueueAgreement.as_view(), name="agreement"),
    path("queues/<uuid:uid>/disputes/", agreement.QueueDisputes.as_view(), name="disputes"),
    # adjudications
    path(
        "projects/<slug:project>/dispute-claims/",
        adjudications.DisputeClaims.as_view(),
        name="dispute_claims",
    ),
    path(
        "dispute-claims/<uuid:token>/reveal/",
        adjudications.DisputeReveal.as_view(),
        name="dispute_reveal",
    ),
    path(
        "dispute-claims/<uuid:token>/adjudicate/",
        adjudications.DisputeAdjudicate.as_view(),
        name="dispute_adjudicate",
    ),
    path(
        "dispute-claims/<uuid:token>/release/",
        adjudications.DisputeRelease.as_view(),
        name="dispute_release",
    ),
    path(
        "queues/<uuid:uid>/adjudications/",
        adjudications.QueueAdjudications.as_view(),
        name="queue_adjudications",
    ),
    path(
        "adjudications/<uuid:uid>/undo/",
        adjudications.AdjudicationUndo.as_view(),
        name="adjudication_undo",
    ),
    path("tasks/<uuid:uid>/reopen/", adjudications.TaskReopen.as_view(), name="task_reopen"),
]
