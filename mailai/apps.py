from django.apps import AppConfig
from django.core.checks import Tags, register

from mailai.checks import production


class MailaiConfig(AppConfig):
    """The project itself, with what belongs to no single feature."""

    name = "mailai"

    def ready(self) -> None:
        register(production, Tags.security, deploy=True)
