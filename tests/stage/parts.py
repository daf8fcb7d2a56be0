"""What the stage is made of: Debian's PostgreSQL and nginx, and our own processes, each ended by its pid."""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import psutil
import psycopg

from mailai.postgres.account import server_account
from tests.accounts.certificates import Authority

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
HOST = "mail.stage.test"
EXAMPLE = "mail.example.com"
BASIC = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def wait_until(condition: Callable[[], T], seconds: float = 60) -> T:
    """What the condition said as soon as it was true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not (said := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {condition}")
        time.sleep(0.05)  # noqa: TID251 - the wait itself
    return said


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def missing() -> list[str]:
    """Debian's packages that are not here."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return [name for name, found in (("nginx-light", nginx), ("postgresql", postgres_bin())) if not found]


def postgres_bin() -> Path | None:
    """The newest that Debian has installed."""
    return max(
        Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: float(path.parent.name)
    )


class Part:
    """A process, with all that it starts."""

    def __init__(
        self, command: list[Any], folder: Path, log: Path, env: dict[str, str], **options: Any
    ) -> None:
        self.log = log
        with log.open("ab") as sink:
            self.popen = subprocess.Popen(
                [str(word) for word in command], cwd=folder, env=BASIC | env, stdin=subprocess.DEVNULL,
                stdout=sink, stderr=sink, start_new_session=True, **options,
            )  # fmt: skip

    def stop(self, number: int = signal.SIGTERM, seconds: float = 90) -> None:
        """Asks it to end, and waits. What has not ended then, is ended."""
        with suppress(psutil.Error):
            family = [self.popen, *psutil.Process(self.popen.pid).children(recursive=True)]
            self.popen.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds)
            for process in family:
                with suppress(psutil.Error):
                    process.kill()
        self.popen.wait()

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")


class Postgres:
    """A cluster of its own, with a password that has to be percent-encoded."""

    def __init__(self, folder: Path) -> None:
        bin_folder = postgres_bin()
        assert bin_folder
        self.bin, self.folder, self.port = bin_folder, folder, free_port()
        self.data, self.log = folder / "postgres" / "data", folder / "postgres.log"
        self.account = server_account(folder)
        password = secrets.token_urlsafe(12) + "@:/#"
        self.address = f"postgres://mailai:{quote(password, safe='')}@127.0.0.1:{self.port}/mailai"
        self.maintenance = self.address.removesuffix("mailai") + "postgres"
        self.data.mkdir(parents=True)
        file = folder / "password"
        file.write_text(password)
        if self.account:
            for path in (self.data, file):
                os.chown(path, self.account["user"], self.account["group"])
        init = [
            "--username=mailai",
            "--auth=scram-sha-256",
            f"--pwfile={file}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        subprocess.run(
            [self.bin / "initdb", "-D", self.data, *init, "--no-sync"],
            cwd="/", env=BASIC, stdout=subprocess.DEVNULL, check=True, **self.account,
        )  # fmt: skip
        file.unlink()
        self.start()
        with psycopg.connect(self.maintenance, autocommit=True) as link:
            link.execute("CREATE DATABASE mailai")

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "jit": "off",
        }
        settings = [f"--{name}={value}" for name, value in (options | {"max_connections": 150}).items()]
        self.part = Part(
            [self.bin / "postgres", "-D", self.data, *settings], Path("/"), self.log, {}, **self.account
        )
        wait_until(self.answers)

    def answers(self) -> bool:
        with suppress(psycopg.Error):
            psycopg.connect(self.maintenance, connect_timeout=2).close()
            return True
        return False

    def stop(self) -> None:
        self.part.stop(signal.SIGINT)  # at once, with all connections

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address, autocommit=True) as link:
            cursor = link.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


class Nginx:
    """As deploy/nginx.conf has it, with ports and names of ours."""

    def __init__(self, folder: Path, sockets: tuple[Path, int]) -> None:
        self.http, self.https = free_port(), free_port()
        self.authority = Authority(folder)
        certificate = self.authority.issue(HOST)
        site = (ROOT / "deploy" / "nginx.conf").read_text()
        changes = {
            "/etc/ssl/mail.example.com.pem": certificate.cert,
            "/etc/ssl/mail.example.com.key": certificate.key,
            "/run/mailai/gunicorn.sock": sockets[0],
            "127.0.0.1:8000": f"127.0.0.1:{sockets[1]}",
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.https} ssl;",
            EXAMPLE: HOST,
        }
        for ours, theirs in changes.items():
            assert ours in site, f"deploy/nginx.conf no longer has {ours}"
            site = site.replace(ours, str(theirs))
        (folder / "site.conf").write_text(site)
        temporary = "".join(
            f"  {name}_temp_path {folder}/nginx-{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log warn;\n"
            "events { worker_connections 512; }\n"
            f"http {{\n  access_log off;\n{temporary}  include {folder}/site.conf;\n}}\n"
        )
        nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        self.part = Part(
            [nginx, "-p", folder, "-e", folder / "nginx.log", "-c", folder / "nginx.conf"],
            folder,
            folder / "nginx.out",
            {},
        )
        wait_until(lambda: taken(self.https))


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Web(Part):
    """One gunicorn, at a unix socket or a port."""

    def __init__(self, version: Path, place: Path | int, log: Path, env: dict[str, str]) -> None:
        self.place = place
        bind = f"unix:{place}" if isinstance(place, Path) else f"127.0.0.1:{place}"
        super().__init__([sys.executable, "-m", "gunicorn", "--bind", bind], version, log, env)
        wait_until(self.answers)

    def answers(self) -> bool:
        if self.popen.poll() is not None:
            raise ChildProcessError(f"gunicorn has ended: {self.said[-2000:]}")
        visit = http.client.HTTPConnection("127.0.0.1", timeout=5)
        try:
            if isinstance(self.place, Path):
                visit.sock = socket.socket(socket.AF_UNIX)
                visit.sock.settimeout(5)
                visit.sock.connect(str(self.place))
            else:
                visit.sock = socket.create_connection(("127.0.0.1", self.place), timeout=5)
            visit.request("GET", "/healthz")
            return visit.getresponse().status == 200
        except OSError:
            return False
        finally:
            visit.close()


class Worker(Part):
    """One worker host."""

    def __init__(self, version: Path, log: Path, env: dict[str, str]) -> None:
        super().__init__([sys.executable, "manage.py", "worker"], version, log, env)
