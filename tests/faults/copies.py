"""A copy of the tree that faults are put into, with a PostgreSQL of its own whose tests' database is made once."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from mailai.postgres.initdb import SUPERUSER
from mailai.postgres.server import ensure_running

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "FAULTS_MARK"  # in the environment of every process of a trial: by it all of them are found and ended
MEMORY = 8 * 1024**3  # bytes of address space that a trial may take: a fault can make an endless list
OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "-p", "tests.faults.plugin")
LINKED = (".venv", "node_modules")
# For the database of the tests: as pytest-django names it, and as it was before any test ran.
TESTS, CLEAN = "test_mailai", "clean"


class Copy:
    """Everything that git knows or would know of the tree, as it lies there now; and under `root` that once more.

    So the tree may be worked on while faults are tried.
    """

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self.folder, self.root = folder, folder.with_name(f"{folder.name}-as-it-was")
        self._writes = 0
        self._forking: subprocess.Popen[str] | None = None
        listed = subprocess.run(
            ["git", "ls-files", "-coz", "--exclude-standard"],  # noqa: S607
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout.decode()
        for name in filter(None, listed.split("\0")):
            for to in (folder, self.root):
                if (root / name).is_file() and name not in LINKED:
                    (to / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(root / name, to / name)
        for name in LINKED:
            if (root / name).exists():
                (folder / name).symlink_to((root / name).resolve())
        with suppress(FileExistsError):  # what tests look for beside the tree
            (folder.parent / "shared").symlink_to(root.parent / "shared")

    def original(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Put a module in place. Python takes a changed module for the old one if size and second are the same."""
        place = self.folder / path
        place.write_text(text, encoding="utf-8")
        self._writes += 1
        at = place.stat().st_mtime + 10 * self._writes
        os.utime(place, (at, at))

    def restore(self, path: str) -> None:
        self.write(path, self.original(path))

    def prepare(self) -> None:
        """Make the tests' database once, by migrations. Raises RuntimeError with what pytest said."""
        self._sql(f"DROP DATABASE IF EXISTS {TESTS} WITH (FORCE)", f"DROP DATABASE IF EXISTS {CLEAN}")
        code, said = self.pytest(["--reuse-db", "tests/test_sessions.py"], 600)
        if code:
            raise RuntimeError(said)
        self._sql(f"ALTER DATABASE {TESTS} RENAME TO {CLEAN}")

    def fresh_database(self) -> None:
        self._sql(
            f"DROP DATABASE IF EXISTS {TESTS} WITH (FORCE)", f"CREATE DATABASE {TESTS} TEMPLATE {CLEAN}"
        )

    def pytest(self, arguments: Sequence[str], seconds: float, **environment: str) -> tuple[int | None, str]:
        """Exit code and what was printed; None if it took longer. No process of it is left."""
        mark, log = uuid.uuid4().hex, self._log()
        trial = {
            "folder": str(self.folder),
            "arguments": [*OPTIONS, *arguments],
            "environment": self._environment(mark) | environment,
            "log": str(log),
            "memory": MEMORY,
        }
        preloaded = self._preloaded()
        preloaded.stdin.write(f"{json.dumps(trial)}\n")  # type: ignore[union-attr]
        preloaded.stdin.flush()  # type: ignore[union-attr]
        child = int(preloaded.stdout.readline())  # type: ignore[union-attr]
        in_time = bool(select.select([preloaded.stdout], [], [], seconds)[0])
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        code = int(preloaded.stdout.readline())  # type: ignore[union-attr]
        end_marked(mark)
        return code if in_time else None, log.read_text(errors="replace")

    def measured_pytest(
        self, arguments: Sequence[str], configuration: Path, **environment: str
    ) -> tuple[int, str]:
        """The same under coverage, as long as it takes."""
        mark, log = uuid.uuid4().hex, self._log()
        coverage = ["-m", "coverage", "run", f"--rcfile={configuration}", "-m", "pytest"]
        with log.open("wb") as sink:
            code = subprocess.run(
                [sys.executable, *coverage, *OPTIONS, *arguments],
                cwd=self.folder,
                env=os.environ | self._environment(mark) | environment,
                stdout=sink,
                stderr=sink,
                check=False,
                start_new_session=True,  # tests send signals to their group
            ).returncode
        end_marked(mark)
        return code, log.read_text(errors="replace")

    def close(self) -> None:
        if self._forking is not None:
            self._forking.kill()
            self._forking.communicate()

    def _preloaded(self) -> subprocess.Popen[str]:
        if self._forking is None:
            self._forking = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("preloaded.py")],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
                start_new_session=True,
            )
        return self._forking

    def _environment(self, mark: str) -> dict[str, str]:
        return {"MAILAI_VAR": str(self.folder / "var"), MARK: mark}

    def _log(self) -> Path:
        log = self.folder / "var" / "trial.log"
        log.parent.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        return log

    def _sql(self, *statements: str) -> None:
        server = ensure_running(self.folder / "var" / "postgres")
        link = psycopg.connect(
            host=server.host, port=server.port, user=SUPERUSER, dbname="postgres", autocommit=True
        )
        with contextlib.closing(link):
            for statement in statements:
                link.execute(statement)


def end_marked(mark: str) -> None:
    """Also those that are in sessions of their own. PostgreSQL is not among them: it has none of our environment."""
    while True:
        left = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                alive = process.status() != psutil.STATUS_ZOMBIE
                if alive and process.environ().get(MARK) == mark:
                    left.append(process)
        if not left:
            return
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, 5)
