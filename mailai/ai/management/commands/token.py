from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailai.ai import providers
from mailai.ai.ciphertext import rotate
from mailai.ai.models import Purpose, ServiceToken, lifetime


class Command(BaseCommand):
    help = "Add, list or revoke a user's tokens. A key is read from standard input or a variable, never an argument."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="add a token; the last line printed is `token ID`")
        add.add_argument("--user", required=True)
        add.add_argument("--provider", required=True)
        add.add_argument("--model", default="")
        add.add_argument("--name", default="")
        add.add_argument("--base-url", default="", help="only for providers that the operator allows")
        add.add_argument(
            "--purpose", action="append", choices=Purpose.values, help="may be repeated; all if absent"
        )
        add.add_argument("--key-env", metavar="VARIABLE", help="the environment variable that holds the key")
        add.add_argument("--expires", default="never", choices=("1", "30", "never"), help="in days")
        add.add_argument(
            "--concurrency", type=_at_least_one, metavar="N", help="so many calls at a time, at most"
        )
        listing = verbs.add_parser("list", help="list tokens, without their keys")
        listing.add_argument("--user")
        revoke = verbs.add_parser("revoke", help="revoke a token and erase its key")
        revoke.add_argument("id", type=int)
        verbs.add_parser(
            "rotate", help="encrypt every key and password anew, under the first of MAILAI_TOKEN_KEYS"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verbs = {"add": self.add, "list": self.list, "revoke": self.revoke, "rotate": self.rotate}
        verbs[options["verb"]](options)

    def add(self, options: dict[str, Any]) -> None:
        try:
            provider = providers.get(options["provider"])
        except LookupError:
            names = ", ".join(name for name, _label in providers.choices())
            raise CommandError(
                f"There is no provider {options['provider']!r}. Choose one of: {names}."
            ) from None
        user = _user(options["user"])
        if not user.is_active:
            raise CommandError(f"The user {options['user']!r} is deactivated. Activate them first.")
        if provider.local:
            self.stdout.write(f"token {ServiceToken.objects.ensure_local(user).pk}")
            return
        try:
            providers.base_url_for(provider, options["base_url"])
        except ValueError as error:
            raise CommandError(f"--base-url: {error}.") from None
        model = options["model"] or provider.default_model
        token = ServiceToken(
            user=user,
            name=options["name"] or f"{provider.label} {model}"[:100],
            provider=provider.name,
            model=model,
            base_url=options["base_url"],
            purposes=options["purpose"] or list(Purpose.values),
            expires_at=lifetime(options["expires"]),
            concurrency=options["concurrency"],
        )
        token.set_key(_read_key(options["key_env"], provider.needs_key))
        token.save()
        self.stdout.write(f"token {token.pk}")

    def list(self, options: dict[str, Any]) -> None:
        tokens = ServiceToken.objects.select_related("user").order_by("pk")
        if options["user"]:
            tokens = tokens.of(_user(options["user"]))
        for token in tokens:
            state = "revoked" if token.revoked_at else "expired" if token.is_expired else "usable"
            hint = f"…{token.key_hint}" if token.key_hint else "-"
            purposes = ",".join(token.purposes)
            columns = (
                token.pk,
                token.user.get_username(),
                token.provider,
                token.model,
                hint,
                purposes,
                state,
                token.name,
            )
            self.stdout.write("\t".join(str(column) for column in columns))

    def revoke(self, options: dict[str, Any]) -> None:
        token = ServiceToken.objects.filter(pk=options["id"]).first()
        if token is None:
            raise CommandError(f"There is no token {options['id']}.")
        if token.is_local:
            raise CommandError("The built-in rules have no key and stay.")
        token.revoke()
        self.stdout.write(f"revoked {token.pk}")

    def rotate(self, options: dict[str, Any]) -> None:
        rotated, lost = rotate()
        self.stdout.write(f"rotated {rotated}, undecryptable {len(lost)}")
        if lost:
            raise CommandError(
                f"No key of the ring opens {', '.join(lost)}. Add the key that they were made with, or have them "
                "entered anew."
            )


def _user(name: str) -> Any:
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}. Make one with: manage.py createsuperuser")
    return user


def _read_key(variable: str | None, needed: bool) -> str:
    if variable:
        key = os.environ.get(variable, "")
        if not key:
            raise CommandError(f"The environment variable {variable} is not set or empty.")
    elif not needed:
        return ""
    elif sys.stdin.isatty():
        key = getpass.getpass("API key: ")
    else:
        key = sys.stdin.readline()
    key = key.strip()
    if needed and not key:
        raise CommandError("No key was given: pipe it to standard input, or name a variable with --key-env.")
    return key


def _at_least_one(text: str) -> int:
    """Raises ValueError, which the parser tells."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number
