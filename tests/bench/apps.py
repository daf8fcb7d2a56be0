from dataclasses import replace

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save

from mailai.runs.kinds import KINDS
from tests.bench.clock import note


class BenchConfig(AppConfig):
    name = "tests.bench"
    label = "bench"

    def ready(self) -> None:
        KINDS[settings.NOTHING] = replace(
            KINDS["base"], name=settings.NOTHING, work="tests.bench.work.run_nothing"
        )
        post_save.connect(note_saved, sender="django_q.Task")


def note_saved(instance, **_) -> None:
    """django-q2's monitor has committed a task's result."""
    if instance.args:
        note(instance.args[0], "stored")
