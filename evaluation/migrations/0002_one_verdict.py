from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('evaluation', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='verdict',
            name='question',
            field=models.CharField(blank=True, max_length=64, verbose_name='digest of what was asked'),
        ),
        migrations.AlterField(
            model_name='verdict',
            name='digest',
            field=models.CharField(blank=True, max_length=64, verbose_name='digest of what was judged'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.UniqueConstraint(condition=models.Q(('question', ''), _negated=True), fields=('gate_version', 'candidate', 'question'), name='one_verdict_per_question', violation_error_message='This has been asked already.'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.UniqueConstraint(condition=models.Q(('digest', ''), _negated=True), fields=('gate_version', 'candidate', 'digest'), name='one_verdict_per_evidence', violation_error_message='This evidence has a verdict already.'),
        ),
    ]
