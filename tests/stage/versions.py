"""Two versions of mailai in folders of their own: what is there now, and a commit before it."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.stage.parts import BASIC, ROOT


def before_the_last_migration() -> str:
    """The newest commit whose database differs from that of now; "" where there is no history."""
    commit = _git("log", "-1", "--format=%H", "--", ":(glob)**/migrations/*.py").decode().strip()
    return f"{commit}^" if commit and _git("rev-parse", "-q", "--verify", f"{commit}^") else ""


def check_out(revision: str, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(_git("archive", revision))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def copy(folder: Path) -> Path:
    """What is in the working tree, committed or not."""
    for name in _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\0"):
        source = ROOT / name
        if name and source.is_file() and not source.is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


def manage(version: Path, env: dict[str, str], *words: str) -> str:
    """What the command printed. Raises ChildProcessError with what it complained of."""
    done = subprocess.run(
        [sys.executable, *words], cwd=version, env=BASIC | env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ChildProcessError(f"{' '.join(words)[:200]}: {done.stderr[-2000:]}")
    return done.stdout


def _git(*words: str) -> bytes:
    git = [shutil.which("git") or "git", "-c", "safe.directory=*"]
    done = subprocess.run([*git, *words], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""
