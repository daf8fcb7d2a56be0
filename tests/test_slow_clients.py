"""Clients that send slowly, or half of what they began: everybody else is answered meanwhile, by two threads."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.processes import Processes, wait_until, web

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 64
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
LOGIN = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken=%s\r\n" % (b"x" * 32)
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def place(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    log = tmp_path_factory.mktemp("slow") / "log"
    with django_db_blocker.unblock(), web(log, WEB_CONCURRENCY="1", WEB_THREADS="2") as url:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        wait_until(lambda: answers((parts.hostname, parts.port)) == 200)
        yield parts.hostname, parts.port


def answers(place: Any, path: str = "/healthz", **headers: str) -> int:
    visit = http.client.HTTPConnection(*place, timeout=30)
    visit.request("GET", path, headers=headers)
    with visit.getresponse() as answer:
        answer.read()
    visit.close()
    return answer.status


def connected(place: Any) -> socket.socket:
    return socket.create_connection(place, timeout=30)


def heard(client: socket.socket) -> bytes:
    """Everything until the server ends the connection."""
    said = b""
    while more := client.recv(65536):
        said += more
    return said


def statuses(said: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d+)", said)


@contextmanager
def dripping(place: Any, begin: bytes, drop: bytes, first: bytes = b"") -> Iterator[None]:
    """A crowd that sends `first`, whose answer it reads, then `begin`, and then a drop now and again."""
    over = threading.Event()
    with ExitStack() as stack:
        crowd = [stack.enter_context(connected(place)) for _ in range(CROWD)]
        for client in crowd:
            if first:
                client.sendall(first)
                assert client.recv(65536).startswith(b"HTTP/1.1 200")
            client.sendall(begin)

        def drip() -> None:
            while not over.wait(0.2):
                for client in crowd:
                    try:
                        client.send(drop)
                    except OSError:
                        continue  # the server had enough of it

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(
    ("begin", "drop", "first"),
    [
        (HEAD, b"X: y\r\n", b""),
        (HEAD + b"X-Long: ", b"y", b""),
        (b"GET /", b"a", b""),
        (b"\r", b"\r", b""),
        (b"", b"", b""),
        (HEAD, b"X: y\r\n", HEAD + b"\r\n"),
        (b"GET /", b"a", HEAD + b"\r\n"),
        (HEAD + b"\r\n" + HEAD, b"X: y\r\n", b""),
        (LOGIN + FORM + b"Content-Length: 4000\r\n\r\nusername=", b"a", b""),
        (LOGIN + FORM + b"Content-Length: 400000\r\n\r\nusername=", b"a", b""),
        (LOGIN + FORM + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", b""),
        (LOGIN + FORM + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n", b"", b""),
    ],
    ids=[
        "lines", "a line", "the first line", "an empty line", "nothing", "after a whole one",
        "after a whole one, at once", "behind a whole one", "a small body", "a large body", "chunks",
        "a body that is asked for",
    ],
)  # fmt: skip
def test_others_are_answered_meanwhile(place: Any, begin: bytes, drop: bytes, first: bytes) -> None:
    with dripping(place, begin, drop, first):
        assert [answers(place) for _ in range(20)] == [200] * 20
        assert answers(place, "/login/", Accept="text/html") == 200


def test_a_request_in_many_pieces_is_one(place: Any) -> None:
    with connected(place) as client:
        for piece in (
            b"\r\nGET /hea",
            b"lthz HTTP/1.1\r",
            b"\nHost: localhost\r\nConnection: close\r\n",
            b"\r",
            b"\n",
        ):
            client.sendall(piece)
            assert answers(place) == 200

        assert heard(client).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("size", [10, 3000, 300_000])
def test_a_body_arrives_whole(place: Any, size: int) -> None:
    body = b"x=" + b"y" * size + b"&theme=dark&csrfmiddlewaretoken=" + b"x" * 32
    head = LOGIN.replace(b"/login/", b"/theme/") + FORM + b"Connection: close\r\n"
    sent = head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    with connected(place) as client:
        for start in range(0, len(sent), 50_000):
            client.sendall(sent[start : start + 50_000])

        assert b"Set-Cookie: theme=dark" in heard(client)


def test_a_body_in_chunks_is_read_to_its_end(place: Any) -> None:
    with connected(place) as client:
        client.sendall(LOGIN + FORM + b"Transfer-Encoding: chunked\r\n\r\n3\r\nx=y\r\n0\r\n\r\n" + HEAD)
        client.sendall(b"Connection: close\r\n\r\n")

        said = heard(client)
    assert statuses(said) == [b"401", b"200"]


def test_several_requests_at_once_are_answered_in_order(place: Any) -> None:
    last = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
    with connected(place) as client:
        client.sendall(HEAD + b"\r\n" + HEAD + b"\r\n" + last)

        said = heard(client)
    assert statuses(said) == [b"200", b"200", b"405"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"X: " + b"y" * 70_000, b"431"),
        (b"GET / HTTP/1.1\nHost: localhost\n\n", b"400"),
        (b"junk\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: x\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdefgh", b"400"),
        (HEAD, b"408"),
    ],
)
def test_what_is_no_request_is_refused(place: Any, sent: bytes, status: bytes) -> None:
    with connected(place) as client:
        client.sendall(sent)

        assert heard(client).split()[1] == status


def test_a_large_body_waits_for_others_and_is_read(place: Any) -> None:
    """Half of the threads read large bodies: another upload has its turn when one of them ends."""
    body = b"x" * 100_000
    head = LOGIN + FORM + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    with connected(place) as slow, connected(place) as quick:
        slow.sendall(head + body[:5])
        quick.sendall(head + body)
        assert answers(place) == 200
        slow.sendall(body[5:])

        assert statuses(heard(slow)) == statuses(heard(quick)) == [b"401"]


def test_it_ends_when_it_is_asked_to_though_clients_dawdle(tmp_path: Path) -> None:
    with web(tmp_path / "log", WEB_CONCURRENCY="1", WEB_THREADS="2") as url:
        place = (urlsplit(url).hostname, urlsplit(url).port)
        wait_until(lambda: answers(place) == 200)
        with connected(place) as silent, connected(place) as half:
            half.sendall(HEAD)
            assert answers(place) == 200
            assert silent
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_server_that_stops_answers_who_has_reached_it(tmp_path: Path) -> None:
    """Else a press that came in that moment is lost: nobody can say whether it was taken."""
    path = str(tmp_path / "web.sock")
    command = ["-m", "gunicorn", "--bind", f"unix:{path}"]
    running = Processes(command, tmp_path / "log", {"WEB_CONCURRENCY": "1", "WEB_THREADS": "2"})
    try:
        wait_until(lambda: reached(path) is not None, 30)
        [process] = psutil.Process(running.popen.pid).children()
        process.suspend()  # so that it looks at its door only when it has been told to stop
        with ExitStack() as stack:
            clients = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(5)]
            for client in clients:
                client.settimeout(30)
                client.connect(path)
                client.sendall(HEAD + b"\r\n")
            running.popen.terminate()
            wait_until(lambda: not Path(path).exists())
            process.resume()

            assert [statuses(heard(client)) for client in clients] == [[b"200"]] * 5
        assert running.popen.wait(30) == 0
    finally:
        running.end()


def reached(path: str) -> bytes | None:
    """What a server at this socket answers; None if nobody is there."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        try:
            client.connect(path)
        except OSError:
            return None
        client.sendall(HEAD + b"Connection: close\r\n\r\n")
        return heard(client)
