from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .processes import User


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "postgres"


@pytest.fixture
def user(folder: Path) -> Iterator[Callable[[], User]]:
    users = []

    def start() -> User:
        users.append(User(folder))
        return users[-1]

    yield start
    for each in users:
        each.kill()
