"""The whole installation: one PostgreSQL, one nginx with TLS, two gunicorns, two worker hosts, a fake provider."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from mailai.ai.fake import FakeOpenAI
from tests.stage.parts import HOST, Nginx, Postgres, Web, Worker, free_port
from tests.stage.versions import manage
from tests.stage.visitor import Visitor

PASSWORD = "a long enough secret"
SETTINGS = "settings_of_the_stage"
QUICK = """from mailai.settings import *
# Logins are many here, and the hash that is meant for production takes a second on a busy machine.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
"""


class Site:
    def __init__(self, folder: Path, users: int, messages: int, before: Path, after: Path) -> None:
        self.folder, self.before, self.after = folder, before, after
        self.stack = ExitStack()
        self.places: list[Path | int] = [folder / "web.sock", free_port()]
        self.users, self.messages = users, messages

    def __enter__(self) -> Site:
        with ExitStack() as stack:
            self.fake = stack.enter_context(FakeOpenAI())
            self.postgres = Postgres(self.folder)
            stack.callback(lambda: self.postgres.stop())
            self.env = self._environment()
            for version in {self.before, self.after}:
                (version / f"{SETTINGS}.py").write_text(QUICK)
                manage(version, self.env, "manage.py", "collectstatic", "--noinput", "-v0")
            manage(self.before, self.env, "manage.py", "migrate", "-v0")
            seed = Path(__file__).with_name("seed.py").read_text()
            words = (str(self.users), str(self.messages), PASSWORD)
            self.made: dict[str, Any] = json.loads(manage(self.before, self.env, "-c", seed, *words))
            self.webs = [self.web(self.before, number) for number in range(2)]
            stack.callback(lambda: [web.stop() for web in self.webs])
            self.workers = [self.worker(self.before, number) for number in range(2)]
            stack.callback(lambda: [worker.stop() for worker in self.workers])
            assert isinstance(self.places[0], Path)
            assert isinstance(self.places[1], int)
            self.nginx = Nginx(self.folder, (self.places[0], self.places[1]))
            stack.callback(self.nginx.part.stop)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stack.close()

    def _environment(self) -> dict[str, str]:
        rates = {f"MAILAI_{kind}_RATE": "100000/h" for kind in ("BASE", "OPTIMIZE", "REPLY")}
        return rates | {
            "MAILAI_PRODUCTION": "1",
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "DATABASE_URL": self.postgres.address,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "MAILAI_TOKEN_KEYS": Fernet.generate_key().decode(),
            "ALLOWED_HOSTS": HOST,
            "MAILAI_TRUSTED_PROXIES": "1",
            "MAILAI_BEHIND_PROXY": "1",  # as versions before said it
            "MAILAI_LOGIN_RATE": "3/h",
            "MAILAI_LOGIN_ACCOUNT_RATE": "5/h",
            "MAILAI_OPENAI_BASE_URL": self.fake.url,
            "MAILAI_VAR": str(self.folder / "var"),
            "MAILAI_WORKERS": "2",
            "WEB_CONCURRENCY": "1",
            "LOG_LEVEL": "WARNING",
        }

    def web(self, version: Path, number: int) -> Web:
        return Web(version, self.places[number], self.folder / f"web{number}.log", self.env)

    def worker(self, version: Path, number: int) -> Worker:
        return Worker(version, self.folder / f"worker{number}.log", self.env)

    def visitor(self, address: str) -> Visitor:
        return Visitor(self.nginx.https, self.nginx.authority.file, address)

    def logged_in(self, name: str, address: str) -> Visitor:
        visitor = self.visitor(address)
        visitor.cookies = {
            key: morsel.value for key, morsel in SimpleCookie(self.made[name]["cookie"]).items()
        }
        return visitor

    def statuses(self, runs: list[str]) -> dict[str, tuple[str, int]]:
        """Of each run its status and how often it was tried."""
        rows = self.postgres.ask(
            "SELECT id::text, status, attempt FROM runs_taskrun WHERE id::text = ANY(%s)", runs
        )
        return {run: (status, attempt) for run, status, attempt in rows}

    @property
    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))
