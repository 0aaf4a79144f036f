from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0006_jobs_by_the_databases_clock"),
    ]

    operations = [
        migrations.AddField(
            model_name="question",
            name="kind",
            field=models.CharField(
                choices=[("question", "question"), ("gap", "gap in the rubric")],
                db_default="question",
                default="question",
                max_length=10,
            ),
        ),
    ]
