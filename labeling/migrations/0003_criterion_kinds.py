from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0002_rubric_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="criterion",
            name="terms",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="criterion",
            name="when",
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
                    ("free_text", "free text"),
                ],
                max_length=20,
            ),
        ),
    ]
