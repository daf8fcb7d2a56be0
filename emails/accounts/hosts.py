"""Which mail servers a user may name: ports of mail, and addresses as `mailai.network` judges them."""

from __future__ import annotations

from django.conf import settings

from emails.accounts.errors import MailError
from mailai import network
from mailai.network import Place


def look_up(host: str, port: int, timeout: float) -> list[Place]:
    """Where to connect to. Raises MailError: mail_port, mail_host, mail_timeout, mail_address."""
    if port not in settings.MAILAI_MAIL_PORTS:
        raise MailError("mail_port", str(port))
    try:
        places = network.look_up(host, port, timeout)
    except TimeoutError:
        raise MailError("mail_timeout") from None
    except OSError:
        raise MailError("mail_host") from None
    if not places or not all(is_allowed(host, place[0]) for _family, place in places):
        raise MailError("mail_address")
    return places


def is_allowed(host: str, address: str) -> bool:
    return network.is_allowed(host, address, settings.MAILAI_MAIL_PRIVATE_HOSTS)
