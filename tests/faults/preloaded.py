"""A process that has loaded what every trial needs and no fault touches, and forks for each: half of a start is saved.

Reads trials from standard input, a line of JSON each: `folder`, `arguments` of pytest, `environment`, `log`, `memory`.
Answers with the child's pid, and with its exit code as soon as it has ended.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from importlib import import_module
from typing import Any, NoReturn

OTHERS = (
    "pytest", "pytest_django.plugin", "hypothesis", "_hypothesis_pytestplugin", "pytest_playwright", "coverage",
    "psutil", "django.contrib.admin", "django.contrib.postgres.fields", "django.db.backends.postgresql.base",
    "django.forms", "django.template", "django.test", "django_q", "psycopg_pool", "cryptography.fernet",
    "environs", "csp", "openai", "pydantic", "imapclient", "nh3", "aiosmtpd.smtp", "tldextract", "time_machine",
)  # fmt: skip


def main() -> None:
    for name in OTHERS:
        try:
            import_module(name)
        except Exception as error:  # it is loaded by whoever needs it, then
            print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(json.loads(line))
        tell(child)
        tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def run(trial: dict[str, Any]) -> NoReturn:
    code = 3
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (trial["memory"], trial["memory"]))
        for number, place in ((0, os.devnull), (1, trial["log"]), (2, trial["log"])):
            os.dup2(os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.chdir(trial["folder"])
        sys.path[0] = trial["folder"]
        os.environ |= trial["environment"]
        sys.path[1:1] = filter(None, trial["environment"].get("PYTHONPATH", "").split(os.pathsep))
        code = int(sys.modules["pytest"].main(trial["arguments"]))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 3
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def tell(number: int) -> None:
    sys.__stdout__.write(f"{number}\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
