from django.apps import AppConfig


class AIConfig(AppConfig):
    name = "mailai.ai"
    label = "ai"
