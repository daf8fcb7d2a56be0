from django.apps import AppConfig
from django.core.checks import register

from mailai.postgres.pending import TAG, check_pending


class PostgresConfig(AppConfig):
    name = "mailai.postgres"
    label = "mailai_postgres"  # plain "postgres" is taken by django.contrib.postgres
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_pending, TAG)
