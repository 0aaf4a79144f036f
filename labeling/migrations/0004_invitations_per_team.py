import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0003_offers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='invitation',
            name='one_open_invitation_each',
        ),
        migrations.AddField(
            model_name='invitation',
            name='sent_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(models.F('project'), django.db.models.functions.text.Lower('email'), django.db.models.functions.comparison.Coalesce('team', 0, output_field=models.BigIntegerField()), condition=models.Q(('accepted_at__isnull', True), ('revoked_at__isnull', True)), name='one_open_invitation_each', violation_error_message='This address already has an open invitation.'),
        ),
    ]
