"""Debian's Dovecot on loopback, with a configuration and mailboxes of its own: a real IMAP server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.accounts.certificates import Authority
from tests.processes import wait_until

PASSWORD = "a-long-app-password"
PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
OWNER = 65534  # nobody: Dovecot opens no mailbox of root
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
ssl_dh =
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
mail_fsync = never
maildir_very_dirty_syncs = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


class Dovecot:
    def __init__(self, folder: Path, authority: Authority) -> None:
        self.folder = folder
        self.authority = authority
        self.port, self.tls_port = free_ports(2)
        certificate = authority.issue("localhost")
        values = {"cert": certificate.cert, "key": certificate.key, "password": PASSWORD, "owner": OWNER}
        ports = {"port": self.port, "tls_port": self.tls_port}
        config = folder / "dovecot.conf"
        config.write_text(CONFIG.format(folder=folder, **ports, **values))
        self.process = subprocess.Popen([str(PROGRAM), "-F", "-c", str(config)], cwd=folder)

    @property
    def log(self) -> str:
        with suppress(FileNotFoundError):
            return (self.folder / "log").read_text()
        return ""

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"dovecot ended: {self.log}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as link:
            return link.recv(4) == b"* OK"
        return False

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """The folder's directory, made when it is not there. Names are in modified UTF-7."""
        top = self.folder / "mail" / user / "Maildir"
        path = top if folder == "INBOX" else top / f".{folder.replace('/', '.')}"
        for name in ("cur", "new", "tmp"):
            (path / name).mkdir(parents=True, exist_ok=True)
        own(self.folder / "mail" / user)
        return path

    def put(
        self, user: str, messages: Iterator[bytes] | list[bytes], folder: str = "INBOX", flags: str = ""
    ) -> None:
        """Messages as a delivery would leave them, in this order."""
        path = self.maildir(user, folder)
        there = sum(1 for _ in (path / "cur").iterdir())
        for number, raw in enumerate(messages, there):
            file = path / "cur" / f"{1_700_000_000 + number}.M{number:06}P1.test,S={len(raw)}:2,{flags}"
            file.write_bytes(raw)
            os.utime(file, (1_700_000_000 + number,) * 2)  # the day of arrival, for this server
            os.chown(file, OWNER, OWNER)

    def change_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        """What a move to another server does: all UIDs are new."""
        path = self.maildir(user, folder)
        uids = path / "dovecot-uidlist"
        head = uids.read_text().splitlines()[0]
        validity = int(re.search(r"V(\d+)", head)[1]) + 7  # type: ignore[index]
        names = sorted(file.name for file in (path / "cur").iterdir())
        # In another order, so that no UID means the same message by chance.
        lines = [f"{uid} :{name}" for uid, name in enumerate(reversed(names), 5)]
        uids.write_text("\n".join([f"3 V{validity} N{len(names) + 5}", *lines, ""]))
        os.chown(uids, OWNER, OWNER)
        for index in path.glob("dovecot.index*"):
            index.unlink()

    def bodies(self) -> tuple[int, int]:
        """How many bodies all ended sessions have read, and how many headers only: Dovecot's own count."""
        counts = re.findall(r"hdr_count=(\d+) hdr_bytes=\d+ body_count=(\d+)", self.log)
        return sum(int(body) for _head, body in counts), sum(int(head) for head, _body in counts)

    def sessions(self) -> int:
        return len(re.findall(r"body_count=", self.log))

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    if PROGRAM is None or os.geteuid() != 0:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say(
            "THE TESTS WITH DOVECOT DID NOT RUN: install it, and run them as root: apt-get install dovecot-imapd"
        )
    folder = Path(tempfile.mkdtemp(prefix="mailai-dovecot-"))
    folder.chmod(0o755)  # its processes of other users pass through
    (folder / "mail").mkdir()
    running = Dovecot(folder, Authority(folder))
    try:
        wait_until(running.answers)
        yield running
    finally:
        running.end()
        shutil.rmtree(folder)


def own(folder: Path) -> None:
    os.chown(folder, OWNER, OWNER)
    for path, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            os.chown(Path(path, name), OWNER, OWNER)


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
