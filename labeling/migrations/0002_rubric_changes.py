import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='rubricversion',
            name='decisions',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='rubricversion',
            name='reason',
            field=models.TextField(blank=True, verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='rubricversion',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='labeling.rubricversion'),
        ),
        migrations.CreateModel(
            name='RubricChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('position', models.PositiveSmallIntegerField()),
                ('ident', models.CharField(max_length=255)),
                ('kind', models.CharField(max_length=20)),
                ('part', models.CharField(max_length=20)),
                ('criterion', models.CharField(blank=True, max_length=60)),
                ('what', models.CharField(max_length=130)),
                ('touch', models.CharField(max_length=20)),
                ('keys', models.JSONField(default=list)),
                ('into', models.JSONField(default=list)),
                ('edits', models.JSONField(default=list)),
                ('is_meaning', models.BooleanField()),
                ('decision', models.CharField(choices=[('carry_over', 'carry over'), ('map', 'map to another answer'), ('relabel', 'judge again'), ('invalidate', 'invalidate')], max_length=20)),
                ('mapping', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('before', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.rubricversion')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.membership')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='labeling.rubricversion')),
            ],
            options={
                'ordering': ['version', 'position'],
                'constraints': [models.UniqueConstraint(fields=('version', 'ident'), name='one_decision_per_change')],
            },
        ),
    ]
