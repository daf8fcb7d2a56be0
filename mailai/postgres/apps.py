from django.apps import AppConfig


class PostgresConfig(AppConfig):
    name = "mailai.postgres"
    label = "mailai_postgres"  # plain "postgres" is taken by django.contrib.postgres
    default_auto_field = "django.db.models.BigAutoField"
