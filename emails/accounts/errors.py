"""What can go wrong between us and a mail server: codes of ours, and nothing of what the server said."""

from __future__ import annotations

import socket
import ssl

from mailai.ai.errors import AIError

# OpenSSL's X509_V_ERR_…
EXPIRED = {9, 10}  # not yet valid, has expired
OTHER_HOST = {62, 64}
UNKNOWN_ISSUER = {2, 18, 19, 20, 21, 24}


class MailError(AIError):
    """A mail server that could not be used. `code` begins with `mail_`; a server's own words stay out of `detail`."""


def as_mail_error(error: OSError) -> MailError:
    """What an error of a socket or of TLS means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailError(certificate_code(error.verify_code))
    if isinstance(error, TimeoutError):
        return MailError("mail_timeout")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return MailError("mail_dropped")
    if isinstance(error, ssl.SSLError):
        return MailError("mail_tls")
    if isinstance(error, socket.gaierror):
        return MailError("mail_host")
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return MailError("mail_dropped")
    return MailError("mail_refused")


def certificate_code(verify_code: int) -> str:
    if verify_code in EXPIRED:
        return "mail_cert_expired"
    if verify_code in OTHER_HOST:
        return "mail_cert_host"
    return "mail_cert_issuer" if verify_code in UNKNOWN_ISSUER else "mail_cert"
