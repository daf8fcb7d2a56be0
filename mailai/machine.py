"""Secrets that a development machine makes once and keeps under var/, so that nothing has to be set up."""

import base64
from collections.abc import Callable
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def secret_of_this_machine(path: Path, make: Callable[[], str]) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{make()[:8].encode().hex()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        try:
            path.hardlink_to(fresh)  # fails if another process was first: then its secret counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text().strip()


def fernet_key() -> str:
    return base64.urlsafe_b64encode(get_random_secret_key().encode()[:32]).decode()
