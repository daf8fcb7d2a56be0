"""mailai as a process of its own with an environment of its own, and the settings that it would have."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

ROOT = Path(__file__).parent.parent
NEEDED = {
    "DATABASE_URL": "postgres://mailai:secret@db.example.com:5432/mailai",
    "SECRET_KEY": get_random_secret_key(),
    "MAILAI_TOKEN_KEYS": Fernet.generate_key().decode(),
}


def started(*command: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with nothing of this process's settings. An empty variable also hides what .env says."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:mailai", *command],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def production(**changes: str) -> dict[str, str]:
    told = {"ALLOWED_HOSTS": "mail.acme.com", "MAILAI_TRUSTED_PROXIES": "1"}
    return {"MAILAI_PRODUCTION": "1", "DEBUG": "0", **NEEDED, **told} | changes


def settings_of(**environment: str) -> dict[str, Any]:
    """Reads the settings file as a process with that environment would. An empty variable hides what .env says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", environment)
        return runpy.run_path(str(ROOT / "mailai" / "settings.py"))
