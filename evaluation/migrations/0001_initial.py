import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('labeling', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='EvaluationSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('role', models.CharField(choices=[('frozen', 'frozen benchmark'), ('rolling', 'rolling recent'), ('edge', 'edge case')], max_length=10, verbose_name='role')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sets', to='labeling.project')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Gate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gates', to='labeling.project')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='GateVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('error_rate', models.FloatField(default=0.05, verbose_name='chance of a false pass, per criterion')),
                ('digest', models.CharField(max_length=64)),
                ('registered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('gate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='evaluation.gate')),
                ('registered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='GateCriterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('metric', models.CharField(choices=[('accuracy', 'accuracy')], default='accuracy', max_length=20)),
                ('scope', models.CharField(choices=[('overall', 'overall'), ('slice', 'one slice'), ('branches', 'every branch of the reference answer'), ('attribute', 'every value of an attribute')], default='overall', max_length=10)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('conditions', models.JSONField(default=list)),
                ('margin', models.FloatField(blank=True, null=True)),
                ('floor', models.FloatField(blank=True, null=True)),
                ('critical', models.BooleanField(default=False)),
                ('gate_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='criteria', to='evaluation.gateversion')),
            ],
            options={
                'verbose_name_plural': 'gate criteria',
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('state', models.CharField(choices=[('live', 'live'), ('candidate', 'candidate'), ('retired', 'retired')], default='candidate', max_length=10)),
                ('digest', models.CharField(blank=True, max_length=128, verbose_name='digest')),
                ('commit', models.CharField(blank=True, max_length=80, verbose_name='commit')),
                ('link', models.URLField(blank=True, max_length=500, verbose_name='link')),
                ('training_digest', models.CharField(blank=True, max_length=128, verbose_name='training-data digest')),
                ('registered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='evaluation.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='labeling.project')),
                ('registered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
            ],
            options={
                'ordering': ['-registered_at'],
            },
        ),
        migrations.CreateModel(
            name='Prediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.TextField()),
                ('confidence', models.FloatField(blank=True, null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='labeling.item')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='evaluation.modelversion')),
            ],
        ),
        migrations.CreateModel(
            name='PredictionUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=255)),
                ('state', models.CharField(choices=[('running', 'running'), ('done', 'done'), ('failed', 'failed')], default='running', max_length=10)),
                ('accepted', models.PositiveIntegerField(default=0)),
                ('unchanged', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('reasons', models.JSONField(default=list)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.storedfile')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.job')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uploads', to='evaluation.modelversion')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='SetVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('freezing', 'being frozen'), ('frozen', 'frozen'), ('failed', 'failed')], default='freezing', max_length=10)),
                ('provenance', models.CharField(choices=[('adjudicated', 'adjudicated here'), ('imported', 'imported, quality unknown')], max_length=12)),
                ('criterion', models.CharField(max_length=60, verbose_name='criterion that predictions answer')),
                ('subject', models.CharField(default='input', max_length=10)),
                ('judged_version', models.CharField(blank=True, max_length=200)),
                ('taxonomy', models.JSONField(blank=True, default=list)),
                ('source', models.JSONField(default=dict)),
                ('quality', models.JSONField(default=dict)),
                ('size', models.PositiveIntegerField(default=0)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('evaluation_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='evaluation.evaluationset')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.job')),
                ('rubric_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='set_versions', to='labeling.rubricversion')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddField(
            model_name='gateversion',
            name='set_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gates', to='evaluation.setversion'),
        ),
        migrations.CreateModel(
            name='Example',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('references', models.JSONField()),
                ('weight', models.DecimalField(decimal_places=9, max_digits=20)),
                ('stratum', models.CharField(blank=True, max_length=120)),
                ('inclusion_probability', models.FloatField(blank=True, null=True)),
                ('content_digest', models.CharField(max_length=64)),
                ('adjudication', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='examples', to='labeling.adjudication')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='examples', to='labeling.item')),
                ('set_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='examples', to='evaluation.setversion')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Evaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('running', 'running'), ('done', 'done'), ('invalid', 'invalid'), ('failed', 'failed')], default='running', max_length=10)),
                ('result', models.JSONField(default=dict)),
                ('predictions_digest', models.CharField(blank=True, max_length=64)),
                ('missing', models.PositiveIntegerField(default=0)),
                ('reason', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.job')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='evaluation.modelversion')),
                ('set_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='evaluation.setversion')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Verdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('outcome', models.CharField(choices=[('pending', 'being judged'), ('pass', 'pass'), ('fail', 'fail'), ('inconclusive', 'inconclusive'), ('invalid', 'invalid')], default='pending', max_length=12)),
                ('sentence', models.TextField(blank=True)),
                ('findings', models.JSONField(default=list)),
                ('evidence', models.JSONField(default=dict)),
                ('labels_needed', models.PositiveIntegerField(blank=True, null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('baseline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='verdicts_as_baseline', to='evaluation.modelversion')),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verdicts', to='evaluation.modelversion')),
                ('gate_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verdicts', to='evaluation.gateversion')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.job')),
            ],
            options={
                'ordering': ['-asked_at'],
            },
        ),
        migrations.AddConstraint(
            model_name='evaluationset',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='one_set_per_name', violation_error_message='There is already an evaluation set of this name.'),
        ),
        migrations.AddConstraint(
            model_name='gate',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='one_gate_per_name', violation_error_message='There is already a gate of this name.'),
        ),
        migrations.AddConstraint(
            model_name='gatecriterion',
            constraint=models.CheckConstraint(condition=models.Q(('margin__isnull', False), ('floor__isnull', False), _connector='OR'), name='criterion_asks_something'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='one_version_per_name', violation_error_message='There is already a version of this name.'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('project',), name='one_live_version', violation_error_message='Another version is live.'),
        ),
        migrations.AddConstraint(
            model_name='prediction',
            constraint=models.UniqueConstraint(fields=('version', 'item'), name='one_prediction_each'),
        ),
        migrations.AddConstraint(
            model_name='prediction',
            constraint=models.CheckConstraint(condition=models.Q(('confidence__isnull', True), models.Q(('confidence__gte', 0), ('confidence__lte', 1)), _connector='OR'), name='prediction_confidence_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='setversion',
            constraint=models.UniqueConstraint(fields=('evaluation_set', 'number'), name='set_version_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='setversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'frozen'), _negated=True), models.Q(('digest', ''), _negated=True), _connector='OR'), name='frozen_has_digest'),
        ),
        migrations.AddConstraint(
            model_name='gateversion',
            constraint=models.UniqueConstraint(fields=('gate', 'number'), name='gate_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='gateversion',
            constraint=models.CheckConstraint(condition=models.Q(('error_rate__gt', 0), ('error_rate__lt', 0.5)), name='error_rate_in_range'),
        ),
        migrations.AddConstraint(
            model_name='example',
            constraint=models.UniqueConstraint(fields=('set_version', 'item'), name='one_example_per_item'),
        ),
        migrations.AddConstraint(
            model_name='example',
            constraint=models.UniqueConstraint(fields=('set_version', 'position'), name='one_example_a_place'),
        ),
        migrations.AddConstraint(
            model_name='example',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gt', 0)), name='weight_is_positive'),
        ),
        migrations.AddIndex(
            model_name='evaluation',
            index=models.Index(fields=['model_version', 'set_version', '-created_at'], name='evaluation_of_version'),
        ),
    ]
