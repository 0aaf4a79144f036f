import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('evaluation', '0001_initial'),
        ('labeling', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('about', models.TextField(blank=True, verbose_name='what is wrong')),
                ('kind', models.CharField(choices=[('alert', 'from an alert'), ('request', 'asked for'), ('incident', 'incident'), ('first_loop', 'first loop')], default='request', max_length=10)),
                ('due', models.DateField(blank=True, null=True, verbose_name='due')),
                ('cause', models.CharField(blank=True, choices=[('', 'not known yet'), ('data_fault', 'fault in the data'), ('product', 'the product has changed'), ('drift', 'the world has drifted'), ('labels', 'the definition of a label'), ('model', 'the model itself'), ('false_alarm', 'false alarm')], default='', max_length=12, verbose_name='cause')),
                ('cause_why', models.TextField(blank=True, verbose_name='how that is known')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('effect', models.TextField(blank=True, verbose_name='what came of it')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases_owned', to='labeling.membership')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='labeling.project')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='CaseLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('linked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='maintenance.case')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='labeling.item')),
                ('linked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('model_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='evaluation.modelversion')),
                ('queue', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='labeling.queue')),
                ('sample', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='labeling.sample')),
                ('set_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='evaluation.setversion')),
                ('verdict', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='evaluation.verdict')),
            ],
            options={
                'ordering': ['linked_at'],
            },
        ),
        migrations.CreateModel(
            name='CaseNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('text', models.TextField(verbose_name='note')),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='maintenance.case')),
                ('written_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
            ],
            options={
                'ordering': ['written_at'],
            },
        ),
        migrations.CreateModel(
            name='Monitor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('operator', models.CharField(choices=[('below', 'below'), ('above', 'above')], max_length=5, verbose_name='fires when')),
                ('threshold', models.FloatField(verbose_name='threshold')),
                ('needed', models.PositiveSmallIntegerField(default=2, verbose_name='windows needed (k)')),
                ('windows', models.PositiveSmallIntegerField(default=3, verbose_name='of the last (n)')),
                ('minimum', models.PositiveIntegerField(default=0, verbose_name='observations a window needs')),
                ('severity', models.CharField(choices=[('notice', 'notice'), ('warning', 'warning'), ('critical', 'critical')], default='warning', max_length=8, verbose_name='severity')),
                ('due_days', models.PositiveSmallIntegerField(default=7, verbose_name='days to settle an alert')),
                ('enabled', models.BooleanField(default=True, verbose_name='on')),
                ('muted_until', models.DateTimeField(blank=True, null=True)),
                ('muted_why', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='monitors_owned', to='labeling.membership')),
                ('slice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='monitors', to='labeling.slice')),
            ],
            options={
                'ordering': ['signal', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('severity', models.CharField(choices=[('notice', 'notice'), ('warning', 'warning'), ('critical', 'critical')], max_length=8)),
                ('sentence', models.TextField()),
                ('evidence', models.JSONField(default=dict)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='maintenance.case')),
                ('monitor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='maintenance.monitor')),
            ],
            options={
                'ordering': ['-opened_at'],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('planned', 'planned'), ('shadow', 'shadow'), ('canary', 'canary'), ('full', 'full'), ('watch', 'watch'), ('done', 'done'), ('rolled_back', 'rolled back'), ('given_up', 'given up')], default='planned', max_length=12)),
                ('rollback_plan', models.TextField(verbose_name='how to go back')),
                ('held_at', models.DateTimeField(blank=True, null=True)),
                ('held_why', models.TextField(blank=True)),
                ('planned_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_why', models.TextField(blank=True)),
                ('baseline', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluation.modelversion')),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='evaluation.modelversion')),
                ('case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='maintenance.case')),
                ('gate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='evaluation.gate')),
                ('planned_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='labeling.project')),
            ],
            options={
                'ordering': ['-planned_at'],
            },
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('reason', models.TextField(verbose_name='reason')),
                ('expires_at', models.DateTimeField(verbose_name='until')),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('granted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='maintenance.release')),
            ],
            options={
                'ordering': ['-granted_at'],
            },
        ),
        migrations.CreateModel(
            name='RetrainingDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('answer', models.CharField(choices=[('retrain', 'retrain'), ('mend', 'mend without retraining'), ('relabel', 'relabel first'), ('wait', 'wait and watch'), ('nothing', 'nothing to do')], max_length=8, verbose_name='decision')),
                ('ground', models.CharField(choices=[('deviation', 'a sustained deviation of a signal'), ('drift', 'meaningful drift'), ('label_change', 'a confirmed label-definition change'), ('review', 'a manual review')], max_length=12, verbose_name='ground')),
                ('reasons', models.TextField(verbose_name='reasons')),
                ('evidence', models.JSONField(default=list)),
                ('decided_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='maintenance.case')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('supersedes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='maintenance.retrainingdecision')),
            ],
            options={
                'ordering': ['-decided_at'],
            },
        ),
        migrations.CreateModel(
            name='Signal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('key', models.SlugField(max_length=80, verbose_name='key')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('layer', models.CharField(choices=[('performance', 'performance'), ('input', 'input'), ('operational', 'operational'), ('engagement', 'engagement')], max_length=12, verbose_name='layer')),
                ('unit', models.CharField(choices=[('share', 'share'), ('count', 'count'), ('ms', 'milliseconds'), ('money', 'money'), ('number', 'number')], default='number', max_length=8, verbose_name='unit')),
                ('better', models.CharField(choices=[('higher', 'higher is better'), ('lower', 'lower is better'), ('neither', 'neither way is better')], default='higher', max_length=8, verbose_name='which way is good')),
                ('about', models.TextField(blank=True, verbose_name='what it measures')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('evaluation_set', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signals', to='evaluation.evaluationset')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signals', to='labeling.project')),
            ],
            options={
                'ordering': ['layer', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('at', models.DateTimeField()),
                ('value', models.FloatField()),
                ('low', models.FloatField(blank=True, null=True)),
                ('high', models.FloatField(blank=True, null=True)),
                ('n', models.PositiveIntegerField(blank=True, null=True)),
                ('source', models.CharField(choices=[('api', 'sent in'), ('command', 'from a file'), ('page', 'by hand'), ('evaluation', 'from an evaluation')], max_length=10)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('evaluation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='evaluation.evaluation')),
                ('model_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='evaluation.modelversion')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('slice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='labeling.slice')),
                ('signal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='maintenance.signal')),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.AddField(
            model_name='monitor',
            name='signal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='monitors', to='maintenance.signal'),
        ),
        migrations.CreateModel(
            name='Stage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('position', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('shadow', 'shadow'), ('canary', 'canary'), ('full', 'full'), ('watch', 'watch')], max_length=6)),
                ('share', models.FloatField(default=0)),
                ('soak_hours', models.PositiveIntegerField(default=0)),
                ('entered_at', models.DateTimeField(blank=True, null=True)),
                ('entered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('override', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='maintenance.override')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stages', to='maintenance.release')),
                ('verdict', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stages', to='evaluation.verdict')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.AddField(
            model_name='override',
            name='stage',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='maintenance.stage'),
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('operator', models.CharField(choices=[('at_least', 'at least'), ('at_most', 'at most')], max_length=8, verbose_name='should be')),
                ('value', models.FloatField(verbose_name='value')),
                ('due', models.DateField(blank=True, null=True, verbose_name='to be met by')),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dropped_at', models.DateTimeField(blank=True, null=True)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='targets_owned', to='labeling.membership')),
                ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('signal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='maintenance.signal')),
                ('slice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='labeling.slice')),
            ],
            options={
                'ordering': ['signal', 'pk'],
            },
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['project', 'closed_at', 'due'], name='case_by_due'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(fields=('project', 'number'), name='case_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='caselink',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('item__isnull', True), ('model_version__isnull', True), ('queue__isnull', True), ('sample__isnull', False), ('set_version__isnull', True), ('verdict__isnull', True)), models.Q(('item__isnull', True), ('model_version__isnull', True), ('queue__isnull', False), ('sample__isnull', True), ('set_version__isnull', True), ('verdict__isnull', True)), models.Q(('item__isnull', True), ('model_version__isnull', True), ('queue__isnull', True), ('sample__isnull', True), ('set_version__isnull', False), ('verdict__isnull', True)), models.Q(('item__isnull', True), ('model_version__isnull', False), ('queue__isnull', True), ('sample__isnull', True), ('set_version__isnull', True), ('verdict__isnull', True)), models.Q(('item__isnull', True), ('model_version__isnull', True), ('queue__isnull', True), ('sample__isnull', True), ('set_version__isnull', True), ('verdict__isnull', False)), models.Q(('item__isnull', False), ('model_version__isnull', True), ('queue__isnull', True), ('sample__isnull', True), ('set_version__isnull', True), ('verdict__isnull', True)), _connector='OR'), name='case_link_leads_to_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='caselink',
            constraint=models.UniqueConstraint(condition=models.Q(('sample__isnull', False)), fields=('case', 'sample'), name='case_links_sample_once'),
        ),
        migrations.AddConstraint(
            model_name='caselink',
            constraint=models.UniqueConstraint(condition=models.Q(('queue__isnull', False)), fields=('case', 'queue'), name='case_links_queue_once'),
        ),
        migrations.AddConstraint(
            model_name='caselink',
            constraint=models.UniqueConstraint(condition=models.Q(('set_version__isnull', False)), fields=('case', 'set_version'), name='case_links_set_version_once'),
        ),
        migrations.AddConstraint(
            model_name='caselink',
            constraint=models.UniqueConstraint(condition=models.Q(('model_version__isnull', False)), fields=('case', 'model_version'), name='case_links_model_version_once'),
        ),
        migrations.AddConstraint(
            model_name='caselink',
            constraint=models.UniqueConstraint(condition=models.Q(('verdict__isnull', False)), fields=('case', 'verdict'), name='case_links_verdict_once'),
        ),
        migrations.AddConstraint(
            model_name='caselink',
            constraint=models.UniqueConstraint(condition=models.Q(('item__isnull', False)), fields=('case', 'item'), name='case_links_item_once'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('monitor',), name='one_open_alert'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('project',), name='one_release_under_way', violation_error_message='Another release is under way.'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(('rollback_plan', ''), _negated=True), name='release_says_how_to_go_back'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at', None), ('state__in', ['done', 'rolled_back', 'given_up']), _connector='XOR'), name='release_ends_with_its_state'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.UniqueConstraint(fields=('project', 'key'), name='one_signal_per_key', violation_error_message='There is already a signal of this key.'),
        ),
        migrations.AddIndex(
            model_name='reading',
            index=models.Index(fields=['signal', 'slice', '-at'], name='reading_series'),
        ),
        migrations.AddConstraint(
            model_name='reading',
            constraint=models.UniqueConstraint(condition=models.Q(('slice', None)), fields=('signal', 'at'), name='one_reading_per_window'),
        ),
        migrations.AddConstraint(
            model_name='reading',
            constraint=models.UniqueConstraint(condition=models.Q(('slice__isnull', False)), fields=('signal', 'slice', 'at'), name='one_reading_per_window_of_slice'),
        ),
        migrations.AddConstraint(
            model_name='reading',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('high', None), ('low', None)), ('low__lte', models.F('high')), _connector='OR'), name='reading_interval_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='monitor',
            constraint=models.CheckConstraint(condition=models.Q(('needed__gte', 1), ('needed__lte', models.F('windows'))), name='monitor_needs_some_of_its_windows', violation_error_message='At least one window, and not more than are looked at.'),
        ),
        migrations.AddConstraint(
            model_name='stage',
            constraint=models.UniqueConstraint(fields=('release', 'position'), name='stage_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='stage',
            constraint=models.CheckConstraint(condition=models.Q(('share__gte', 0), ('share__lte', 1)), name='stage_share_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='stage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_at', None), ('override', None), ('verdict', None)), models.Q(('entered_at__isnull', False), ('override', None), ('verdict__isnull', False)), models.Q(('entered_at__isnull', False), ('override__isnull', False), ('verdict', None)), _connector='OR'), name='stage_entered_on_a_verdict_or_an_override'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('granted_at'))), name='override_lasts_a_while'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='override_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at', None), ('slice', None)), fields=('signal',), name='one_target_per_signal'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at', None), ('slice__isnull', False)), fields=('signal', 'slice'), name='one_target_per_signal_and_slice'),
        ),
    ]
