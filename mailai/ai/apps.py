from django.apps import AppConfig

from mailai.ai import keyring, providers


class AIConfig(AppConfig):
    name = "mailai.ai"
    label = "ai"

    def ready(self) -> None:
        """A wrong provider or key ring stops the start, not the first call."""
        providers.all()
        keyring.check()
