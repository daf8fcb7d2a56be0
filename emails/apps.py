from django.apps import AppConfig
from django.core.checks import Tags, register

from emails.checks import confinement


class EmailsConfig(AppConfig):
    name = "emails"
    label = "emails"

    def ready(self) -> None:
        register(confinement, Tags.security, deploy=True)
