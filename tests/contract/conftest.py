from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone


@pytest.fixture
def a_second_ago() -> dt.datetime:
    return timezone.now() - dt.timedelta(seconds=1)
