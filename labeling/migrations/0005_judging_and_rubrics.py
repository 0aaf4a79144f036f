import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0004_queue_caps_and_settled_skips"),
    ]

    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("criterion", models.SlugField(blank=True, max_length=60)),
                ("text", models.TextField(max_length=4000)),
                ("text_html", models.TextField(blank=True)),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["published_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ProposedLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("criterion", models.SlugField(max_length=60)),
                ("label", models.CharField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("taken", "taken up"),
                            ("dismissed", "dismissed"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["criterion", "label"],
            },
        ),
        migrations.CreateModel(
            name="Qualification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-granted_at"],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("criterion", models.SlugField(blank=True, max_length=60)),
                ("text", models.TextField(max_length=2000)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("answer", models.TextField(blank=True, max_length=4000)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-asked_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="TaxonomyDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("nodes", models.JSONField()),
                ("changes", models.JSONField(blank=True, default=list)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="annotation",
            name="unsure",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="answer",
            name="proposed",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="contentfield",
            name="rendering",
            field=models.CharField(
                choices=[
                    ("text", "plain text"),
                    ("markdown", "Markdown"),
                    ("code", "code"),
                    ("json", "JSON"),
                    ("chat", "conversation"),
                    ("table", "table"),
                    ("image", "image"),
                ],
                default="text",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="criterion",
            name="counts",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="criterion",
            name="critical",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="criterion",
            name="distance",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="criterion",
            name="propose",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="draft",
            name="proposed",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="draft",
            name="unsure",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="amend_minutes",
            field=models.PositiveIntegerField(default=60, verbose_name="minutes for amending"),
        ),
        migrations.AddField(
            model_name="queue",
            name="drained_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="queue",
            name="on_trial",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="queue",
            name="overlap_percent",
            field=models.PositiveSmallIntegerField(
                default=100, verbose_name="share judged by several"
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="qualified_only",
            field=models.BooleanField(default=False, verbose_name="only qualified people"),
        ),
        migrations.AddField(
            model_name="queue",
            name="relabels",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="relabelings",
                to="labeling.queue",
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="sensitive",
            field=models.BooleanField(default=False, verbose_name="sensitive"),
        ),
        migrations.AddField(
            model_name="queue",
            name="succeeds",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successors",
                to="labeling.queue",
            ),
        ),
        migrations.AddField(
            model_name="rubric",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="rubricversion",
            name="proposed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rubricversion",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="seat",
            name="acknowledged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="outputs",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="taxonomyversion",
            name="changes",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="user",
            name="judging_keys",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="criterion",
            name="kind",
            field=models.CharField(
                choices=[
                    ("single_choice", "single choice"),
                    ("several_choices", "several choices"),
                    ("ordinal", "ordinal scale"),
                    ("yes_no", "yes or no"),
                    ("taxonomy", "taxonomy"),
                    ("number", "number"),
                    ("preference", "preference between two outputs"),
                    ("ranking", "ranking of several outputs"),
                    ("spans", "spans of the text"),
                    ("corrected_output", "corrected output"),
                    ("free_text", "free text"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="queue",
            name="order",
            field=models.CharField(
                choices=[
                    ("arrival", "oldest first"),
                    ("random", "random"),
                    ("uncertain", "most uncertain first"),
                    ("weight", "heaviest slices first"),
                ],
                default="random",
                max_length=10,
                verbose_name="order",
            ),
        ),
        migrations.AlterField(
            model_name="skip",
            name="reason",
            field=models.CharField(
                choices=[
                    ("unclear_rubric", "The rubric is unclear here"),
                    ("broken_item", "The item is broken"),
                    ("not_my_expertise", "Not my expertise"),
                    ("conflict_of_interest", "Conflict of interest"),
                    ("not_this_kind", "Not this kind for me"),
                    ("other", "Something else"),
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("settled", "settled"),
                    ("disputed", "disputed"),
                    ("adjudicated", "adjudicated"),
                    ("attention", "needs attention"),
                    ("set_aside", "set aside"),
                ],
                default="open",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(("overlap_percent__gte", 1), ("overlap_percent__lte", 100)),
                name="overlap_share_in_range",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="published_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="labeling.rubricversion",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="proposedlabel",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="proposedlabel",
            name="rubric",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposed_labels",
                to="labeling.rubric",
            ),
        ),
        migrations.AddField(
            model_name="qualification",
            name="annotator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="qualifications",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="qualification",
            name="granted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="qualification",
            name="rubric_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="qualifications",
                to="labeling.rubricversion",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="annotator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="questions",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="note",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="questions",
                to="labeling.note",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="questions",
                to="labeling.task",
            ),
        ),
        migrations.AddField(
            model_name="taxonomydraft",
            name="before",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.taxonomyversion",
            ),
        ),
        migrations.AddField(
            model_name="taxonomydraft",
            name="taxonomy",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="draft",
                to="labeling.taxonomy",
            ),
        ),
        migrations.AddField(
            model_name="taxonomydraft",
            name="updated_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposedlabel",
            constraint=models.UniqueConstraint(
                fields=("rubric", "criterion", "label"), name="one_proposal_per_label"
            ),
        ),
        migrations.AddConstraint(
            model_name="qualification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("annotator", "rubric_version"),
                name="qualified_once",
                violation_error_message="This person is qualified already.",
            ),
        ),
        migrations.AddIndex(
            model_name="question",
            index=models.Index(fields=["annotator", "-asked_at"], name="question_own"),
        ),
    ]
