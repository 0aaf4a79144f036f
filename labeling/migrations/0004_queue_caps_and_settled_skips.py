import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0003_criterion_kinds"),
    ]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="cap_daily",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="most items a day"
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="cap_each",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="most items for one person"
            ),
        ),
        migrations.AddField(
            model_name="skip",
            name="settled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="skip",
            name="settled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labeling.membership",
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cap_each__isnull", True), ("cap_each__gte", 1), _connector="OR"),
                    models.Q(("cap_daily__isnull", True), ("cap_daily__gte", 1), _connector="OR"),
                ),
                name="caps_leave_work",
            ),
        ),
    ]
