from django.apps import AppConfig
from django.core.checks import Tags, register

from mailai.ai import ciphertext, keyring, providers


class AIConfig(AppConfig):
    name = "mailai.ai"
    label = "ai"

    def ready(self) -> None:
        """A wrong provider or key ring stops the start, not the first call."""
        providers.all()
        keyring.check()
        register(ciphertext.check, Tags.database)
