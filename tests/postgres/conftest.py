import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailai.postgres.account import server_account
from mailai.postgres.initdb import initialise

from .processes import User


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as initdb leaves it, which costs more than all that most tests do with it."""
    data = tmp_path_factory.mktemp("initialised") / "data"
    initialise(data, server_account(data.parent))
    return data


@pytest.fixture
def fresh() -> None:
    """Nothing is in the folder yet."""


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest, initialised: Path) -> Path:
    folder = tmp_path / "var" / "postgres"
    if "fresh" not in request.fixturenames:
        folder.mkdir(parents=True)
        subprocess.run(["cp", "-a", initialised, folder / "data"], check=True)  # noqa: S607 - with its owner
    return folder


@pytest.fixture
def user(folder: Path) -> Iterator[Callable[[], User]]:
    users = []

    def start() -> User:
        users.append(User(folder))
        return users[-1]

    yield start
    for each in users:
        each.kill()
