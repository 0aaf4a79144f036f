import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('evaluation', '0002_one_verdict'),
        ('labeling', '0005_judging_and_rubrics'),
    ]

    operations = [
        migrations.AddField(
            model_name='gatecriterion',
            name='question',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name='gatecriterion',
            name='metric',
            field=models.CharField(choices=[('accuracy', 'accuracy'), ('win_rate', 'win rate against the baseline'), ('rubric_score', 'score on a question')], default='accuracy', max_length=20),
        ),
        migrations.CreateModel(
            name='JudgedEvaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('settings', models.JSONField(default=dict)),
                ('size', models.PositiveIntegerField(blank=True, null=True)),
                ('seed', models.BigIntegerField()),
                ('state', models.CharField(choices=[('preparing', 'being prepared'), ('waiting', 'waiting for judgments'), ('done', 'done'), ('failed', 'failed')], default='preparing', max_length=10)),
                ('left_out', models.JSONField(default=dict)),
                ('outputs_digest', models.CharField(blank=True, max_length=64, verbose_name='digest of the outputs')),
                ('result', models.JSONField(default=dict)),
                ('digest', models.CharField(blank=True, max_length=64, verbose_name='digest of the result')),
                ('reason', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('counted_at', models.DateTimeField(blank=True, null=True)),
                ('against', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='judged_as_other', to='evaluation.modelversion')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.job')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judged_evaluations', to='evaluation.modelversion')),
                ('queue', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.queue')),
                ('rubric_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.rubricversion')),
                ('set_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judged_evaluations', to='evaluation.setversion')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='JudgedOutput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('evaluation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judged_outputs', to='evaluation.judgedevaluation')),
                ('example', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluation.example')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.task')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluation.modelversion')),
            ],
            options={
                'ordering': ['task', 'position'],
            },
        ),
        migrations.AddIndex(
            model_name='judgedevaluation',
            index=models.Index(fields=['model_version', '-created_at'], name='judged_of_version'),
        ),
        migrations.AddConstraint(
            model_name='judgedevaluation',
            constraint=models.CheckConstraint(condition=models.Q(('against__isnull', True), models.Q(('against', models.F('model_version')), _negated=True), _connector='OR'), name='judged_against_another', violation_error_message='A version is not compared with itself.'),
        ),
        migrations.AddConstraint(
            model_name='judgedevaluation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('digest', ''), _negated=True), _connector='OR'), name='judged_has_digest'),
        ),
        migrations.AddConstraint(
            model_name='judgedoutput',
            constraint=models.UniqueConstraint(fields=('task', 'position'), name='one_version_per_output'),
        ),
    ]
