import labeling.models.queues
from django.db import migrations, models
from django.utils.crypto import salted_hmac


def keep_sides_where_they_are(apps, schema_editor):
    """Queues that are there go on with the key that sides were drawn by before."""
    key = salted_hmac("labeling.sides", "", algorithm="sha256").hexdigest()
    apps.get_model("labeling", "Queue").objects.update(sides_key=key)


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0007_question_kind"),
    ]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="sides_key",
            field=models.CharField(
                default=labeling.models.queues.new_key, editable=False, max_length=64
            ),
        ),
        migrations.RunPython(keep_sides_where_they_are, migrations.RunPython.noop),
    ]
