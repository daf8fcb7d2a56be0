from django.db import models


class Result(models.Model):
    """What a task that does nothing else commits."""

    key = models.CharField(max_length=40, db_index=True)

    def __str__(self) -> str:
        return self.key
