"""Makes a new, empty data folder for PostgreSQL."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from mailai.postgres.account import BIN

SUPERUSER = "postgres"
# No password is asked, because nobody else can reach the socket. Sort order and upper case are the same on
# every machine, whatever its locale.
OPTIONS = [
    f"--username={SUPERUSER}",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
]


def initialise(data: Path, account: dict[str, Any]) -> None:
    """Does nothing if the folder is there. Raises CalledProcessError with what initdb said in `stderr`."""
    if data.exists():
        return
    fresh = data.with_name("data.new")  # renamed when complete, so a killed initdb leaves nothing half done
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if account:
        os.chown(fresh, account["user"], account["group"])
    subprocess.run(  # noqa: S603 - our own program and options
        [BIN / "initdb", "-D", fresh, *OPTIONS],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
        **account,
    )
    fresh.rename(data)
