"""HTTP under one total deadline, enforced at the socket.

A timeout per read cannot bound a server that drips headers, comments or single bytes. Here every look-up,
connect, handshake, read and write waits at most for what is left, so no thread has to watch over it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import httpcore2
import httpx2

from mailai.network import look_up

CONNECT_SECONDS = 10.0
MAX_BYTES = 32 * 1024 * 1024
HEADERS = frozenset({"host", "accept", "authorization", "content-type", "content-length", "user-agent"})
SILENCE = 1.0  # seconds between calls of a deadline's `on_silence`
IsAllowed = Callable[[str, str], bool]  # of a host and one of its addresses


def anywhere(host: str, address: str) -> bool:
    return True


class Deadline:
    """When everything must be over, as a `time.monotonic()` value in `at`.

    `on_silence` is called every SILENCE seconds in which the server says nothing. What it raises ends the wait, and is
    kept in `broken_by`, because the layers between here and the caller wrap what they do not know.
    """

    def __init__(self, at: float, on_silence: Callable[[], None] = lambda: None) -> None:
        self.at = at
        self.total = max(0.0, self.remaining())
        self.on_silence = on_silence
        self.broken_by: Exception | None = None

    def remaining(self) -> float:
        return self.at - time.monotonic()

    def seconds(self, limit: float | None = None) -> float:
        """What may still be waited, at most `limit`; raises TimeoutError when nothing is left."""
        left = self.remaining()
        if left <= 0:
            raise TimeoutError("deadline passed")
        return left if limit is None else min(left, limit)


class AddressRefusedError(httpcore2.ConnectError):
    """A server at an address that is not allowed. Nothing was sent to it."""


def http_client(deadline: Deadline, is_allowed: IsAllowed = anywhere) -> httpx2.Client:
    """A client for one call: no redirects, no proxies or other habits from the environment, no cookies kept.

    `is_allowed(host, address)` is asked about every address before any is connected to: where it refuses one, the call
    fails, with AddressRefusedError among the causes.
    It costs 0.5 ms; what is expensive, the certificates (40 ms), is loaded once per process.
    """
    return httpx2.Client(
        transport=DeadlineTransport(deadline, is_allowed),
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        trust_env=False,
        follow_redirects=False,
    )


class DeadlineTransport(httpx2.HTTPTransport):
    """httpx's transport on a connection pool whose sockets know the deadline."""

    def __init__(self, deadline: Deadline, is_allowed: IsAllowed) -> None:
        # Not the parent's constructor: it would load the certificates again, for a pool without a deadline.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_certificates(), network_backend=_Backend(deadline, is_allowed)
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        # Only what the protocol needs leaves this host: no fingerprint of the platform, nothing from OPENAI_*
        # variables, and no offer to unpack a compressed answer, which could be a bomb.
        for name in set(request.headers) - HEADERS:
            del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        response = super().handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise httpx2.RemoteProtocolError("unwanted content encoding")
        return response


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """The system's authorities, or those that SSL_CERT_FILE or SSL_CERT_DIR name (a private authority)."""
    return httpcore2.default_ssl_context()


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, deadline: Deadline, is_allowed: IsAllowed) -> None:
        self._deadline = deadline
        self._is_allowed = is_allowed
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers, all of them together within `timeout`."""
        failure: Exception = httpcore2.ConnectTimeout("no time left")
        try:
            until = Deadline(time.monotonic() + self._deadline.seconds(timeout))
            addresses = [place[0] for _family, place in look_up(host, port, until.seconds())]
            if not all(self._is_allowed(host, address) for address in addresses):
                raise AddressRefusedError("address not allowed")
            for tried, address in enumerate(addresses):
                # A dead address must not use up the time of the next one.
                seconds = until.seconds() / (len(addresses) - tried)
                try:
                    stream = self._tcp.connect_tcp(address, port, seconds, local_address, socket_options)
                    return _Stream(stream, self._deadline)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    failure = error
        except TimeoutError:
            failure = httpcore2.ConnectTimeout("deadline passed")
        except OSError as error:  # of the look-up
            failure = httpcore2.ConnectError(error)
        raise failure


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self._bytes = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._read(max_bytes, timeout)
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            raise httpcore2.ReadError("answer too large")
        return data

    def _read(self, max_bytes: int, timeout: float | None) -> bytes:
        while True:
            try:
                seconds = self._deadline.seconds(timeout)
            except TimeoutError:
                raise httpcore2.ReadTimeout("deadline passed") from None
            with suppress(httpcore2.ReadTimeout):
                return self._stream.read(max_bytes, min(seconds, SILENCE))
            try:
                self._deadline.on_silence()
            except Exception as error:
                self._deadline.broken_by = error
                raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        sock: socket.socket = self._stream.get_extra_info("socket")
        view = memoryview(buffer)
        try:
            while view:
                sock.settimeout(self._deadline.seconds(timeout))
                view = view[sock.send(view) :]
        except TimeoutError as error:
            raise httpcore2.WriteTimeout("deadline passed") from error
        except OSError as error:
            raise httpcore2.WriteError("connection lost") from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            seconds = self._deadline.seconds(timeout)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("deadline passed") from None
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
