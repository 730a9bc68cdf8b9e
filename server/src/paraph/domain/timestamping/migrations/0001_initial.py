# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
import paraph.kernel.tokens
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='ClockTrust',
            fields=[
                ('source', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('checked_at', models.DateTimeField()),
                ('trusted_until', models.DateTimeField()),
                ('lost_at', models.DateTimeField(null=True)),
                ('loss', models.CharField(blank=True, max_length=40)),
                ('deviation_milliseconds', models.BigIntegerField(default=0)),
                ('begin_anew', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.UUIDField(default=paraph.kernel.tokens.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.SlugField(max_length=40)),
                ('key_id', models.CharField(max_length=80, unique=True)),
                ('policy', models.CharField(max_length=100)),
                ('certificate_der', models.BinaryField()),
                ('chain', models.JSONField(default=list)),
                ('accuracy_milliseconds', models.PositiveIntegerField()),
                ('not_before', models.DateTimeField()),
                ('not_after', models.DateTimeField()),
                ('key_not_after', models.DateTimeField()),
                ('in_service', models.BooleanField(default=True)),
                ('installed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.UUIDField(default=paraph.kernel.tokens.uuid7, editable=False, primary_key=True, serialize=False)),
                ('serial', models.CharField(max_length=40, unique=True)),
                ('generated_at', models.DateTimeField()),
                ('policy', models.CharField(max_length=100)),
                ('hash_algorithm', models.CharField(max_length=30)),
                ('imprint', models.CharField(max_length=128)),
                ('token_digest', models.CharField(max_length=64)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='timestamping.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', '-generated_at'], name='timestamping_newest_token')],
            },
        ),
    ]
