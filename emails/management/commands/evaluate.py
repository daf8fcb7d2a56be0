from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emails.agreement import agreement
from emails.evaluation import SAMPLE, answers
from mailai.ai import providers
from mailai.ai.errors import AIError
from mailai.ai.models import ServiceToken
from mailai.ai.question import Credential


class Command(BaseCommand):
    help = "Ask a provider about the labelled sample mailbox and print how far it agrees with a person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", default="local")
        parser.add_argument(
            "--token", type=int, help="the token to ask with, for a provider that is not local"
        )
        parser.add_argument("--limit", type=int, default=None)
        parser.add_argument("--seconds", type=float, default=120.0, help="how long one answer may take")

    def handle(self, *args: Any, **options: Any) -> None:
        credential = self._credential(options)
        began = time.monotonic()
        try:
            pairs = list(answers(credential, options["seconds"], options["limit"]))
        except AIError as error:
            raise CommandError(f"The provider gave no answer: {error}.") from None
        report = agreement(pairs)
        self.stdout.write(
            f"{credential.provider} · {credential.model} · {len(pairs)} messages of {SAMPLE.name}"
        )
        self.stdout.writelines(f"{line}\n" for line in report.lines())
        self.stdout.write(f"{time.monotonic() - began:.1f} s")

    def _credential(self, options: dict[str, Any]) -> Credential:
        if options["token"] is not None:
            token = ServiceToken.objects.filter(pk=options["token"]).first()
            if token is None:
                raise CommandError(f"There is no token {options['token']}.")
            try:
                return token.credential()
            except AIError as error:
                raise CommandError(f"Token {token.pk} cannot be used: {error}.") from None
        try:
            provider = providers.get(options["provider"])
        except LookupError as error:
            raise CommandError(str(error)) from None
        if provider.needs_key:
            raise CommandError(f"{provider.label} needs a key: add a token and name it with --token ID.")
        return Credential(provider=provider.name, model=provider.default_model)
