import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecurringWork',
            fields=[
                ('kind', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
    ]
