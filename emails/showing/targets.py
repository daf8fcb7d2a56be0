"""Where a link leads, as browsers read its address (WHATWG URL), and through the services that wrap it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from ada_url import URL, idna_to_unicode

from emails.showing.seen import alike, is_disguised
from mailai.ai.local.domains import BRANDS
from mailai.domains import organisation

MOST_WRAPS = 3
GOOGLE = (
    "google.com google.de google.at google.ch google.co.uk google.fr google.it google.es google.nl google.pl"
)
# Services that check or count a click and lead on to what stands in their address: hosts, path, parameter.
WRAPPERS: tuple[tuple[str, str, str], ...] = (
    ("safelinks.protection.outlook.com safelinks.protection.office365.us", "/", "url"),
    ("urldefense.proofpoint.com urldefense.com", "/v1/", "u"),
    ("linkprotect.cudasvc.com", "/url", "a"),
    (GOOGLE, "/url", "q"),
    (GOOGLE, "/url", "url"),
    ("translate.google.com", "/translate", "u"),
    ("youtube.com", "/redirect", "q"),
    ("facebook.com", "/l.php", "u"),
    ("l.instagram.com", "/", "u"),
    ("linkedin.com", "/redir/redirect", "url"),
    ("linkedin.com", "/safety/go", "url"),
    ("out.reddit.com", "/", "url"),
    ("duckduckgo.com", "/l/", "uddg"),
    ("slack-redir.net", "/link", "url"),
    ("steamcommunity.com", "/linkfilter/", "u"),
    ("vk.com", "/away.php", "to"),
)
AMP = re.compile(r"/amp/(s/)?(.+)")
# Proofpoint writes the address into its own: https://urldefense.com/v3/__https://example.com/__;!!…
DEFENDED = re.compile(r"/v3/__(https?):/+(.+?)__")
DEFENDED_2 = str.maketrans("-_", "%/")
BRAND_DOMAINS = {domain for domains in BRANDS.values() for domain in domains}
DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


@dataclass(frozen=True)
class Target:
    href: str
    """The address as a browser opens it."""
    host: str = ""
    """In ASCII and lower case, without a final dot; of a mail address its domain."""
    addresses: tuple[str, ...] = ()
    """Whom a mailto: link writes to, openly or not."""
    is_disguised: bool = False
    """Whether the address itself is made to look like another: its letters, its numbers, or a name before an @."""


def target_of(href: str) -> Target | None:
    """None for what leads nowhere, or not to the web or a mailbox."""
    try:
        url = URL(href)
    except ValueError:
        return None
    if url.protocol == "mailto:":
        addresses = recipients(url)
        return Target(url.href, addresses[0].rpartition("@")[2] if addresses else "", addresses)
    if url.protocol not in ("http:", "https:"):
        return None
    end = unwrapped(url)
    host = end.hostname.rstrip(".").strip("[]")
    disguised = bool(end.username) or is_odd_number(href, url) or is_borrowed(in_letters(host))
    return Target(url.href, host, (), disguised)


def is_borrowed(letters: str) -> bool:
    """Whether the name looks like one that it is not."""
    if letters.isascii():
        return False
    return is_disguised(letters) or organisation(alike(letters)) in BRAND_DOMAINS


def in_letters(host: str) -> str:
    """`xn--…` as the letters that it stands for."""
    try:
        return str(idna_to_unicode(host))
    except (ValueError, UnicodeError):
        return host


def looked_up(host: str) -> str:
    """A name in letters as a browser looks it up; empty if it does not."""
    try:
        return str(URL(f"http://{host}/").hostname).rstrip(".").strip("[]")
    except ValueError:
        return ""


def recipients(url: URL) -> tuple[str, ...]:
    """Also those that a mailto: address (RFC 6068) puts into to, cc and bcc."""
    fields = [unquote(url.pathname)]
    fields += [value for name, value in parse_qsl(url.search[1:]) if name.lower() in ("to", "cc", "bcc")]
    found = (piece.rpartition("<")[2].strip(" >") for field in fields for piece in field.split(","))
    return tuple(
        f"{local}@{looked_up(domain) or domain}".casefold()
        for local, at, domain in (one.rpartition("@") for one in found)
        if at
    )


def unwrapped(url: URL) -> URL:
    """Where the services that check or count clicks lead on to, as far as the address tells."""
    for _ in range(MOST_WRAPS):
        inner = wrapped_in(url)
        try:
            further = URL(inner) if inner else None
        except ValueError:
            further = None
        if further is None or further.protocol not in ("http:", "https:"):
            break
        url = further
    return url


def wrapped_in(url: URL) -> str:
    """The address that a service leads on to. Empty if there is none, or two, of which only the service knows one."""
    host, path = url.hostname.rstrip("."), url.pathname
    if is_of(host, "urldefense.proofpoint.com urldefense.com"):
        if defended := DEFENDED.match(path):
            return f"{defended[1]}://{defended[2]}"
        if path.startswith("/v2/"):
            return unquote(parameter(url, "u").translate(DEFENDED_2))
    if is_of(host, GOOGLE) and (accelerated := AMP.match(path)):
        return f"{'https' if accelerated[1] else 'http'}://{accelerated[2]}"
    fitting = (one for hosts, under, one in WRAPPERS if is_of(host, hosts) and path.startswith(under))
    return next(filter(None, (parameter(url, one) for one in fitting)), "")


def is_of(host: str, hosts: str) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts.split())


def parameter(url: URL, name: str) -> str:
    values = [value for key, value in parse_qsl(url.search[1:]) if key == name]
    return values[0] if len(values) == 1 else ""


def is_odd_number(href: str, url: URL) -> bool:
    """Whether an IPv4 address was written in one of the ways that people do not read: 0x7f.1, 2130706433."""
    return bool(DOTTED.fullmatch(url.hostname)) and url.hostname not in href
