from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "mailai.runs"
    label = "runs"
