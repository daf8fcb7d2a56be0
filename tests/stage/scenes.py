"""What is tried on the stage. Each yields what it looked for and whether it was so."""

from __future__ import annotations

import http.client
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

from tests.stage.load import Load
from tests.stage.parts import HOST, wait_until
from tests.stage.site import PASSWORD, Site
from tests.stage.versions import manage
from tests.stage.visitor import JSON, PAGE, Visitor

Seen = Iterator[tuple[str, bool, str]]
HTMX = {"HX-Request": "true"}


def upgrade_under_load(site: Site, visitors: dict[str, Visitor], least: int) -> Seen:
    """From the version before to that of now, one process after the other, while everybody presses."""
    with Load(visitors, site.made) as load:

        def press_on() -> None:
            goal = load.presses + least
            wait_until(lambda: load.presses >= goal, 180)

        press_on()
        manage(site.after, site.env, "manage.py", "migrate", "-v0")
        press_on()
        for number, web in enumerate(site.webs):
            web.stop()
            site.webs[number] = site.web(site.after, number)
            press_on()
        for number, worker in enumerate(site.workers):
            worker.stop()
            site.workers[number] = site.worker(site.after, number)
            press_on()
    told = Counter(load.runs.values())
    stored = Counter(status for status, _attempt in site.statuses(list(load.runs)).values())
    yield (
        "no press and no poll failed",
        not load.failed,
        f"{load.presses} presses, {load.polls} polls; {load.failed[:5]}",
    )
    yield (
        "no run was lost",
        set(told) == {"SUCCESS"} and stored == {"succeeded": len(load.runs)},
        f"{dict(told)}",
    )
    yield "no process told of a fault", "Traceback" not in site.logs, first_trace(site.logs)


def first_trace(logs: str) -> str:
    _before, _word, after = logs.partition("Traceback")
    return after[-0:3000] if after else ""


def encryption(site: Site) -> Seen:
    plain = http.client.HTTPConnection("127.0.0.1", site.nginx.http, timeout=30)
    plain.request("GET", "/login/?next=/", headers={"Host": HOST})
    moved = plain.getresponse()
    plain.close()
    yield (
        "plain http leads to https",
        moved.getheader("Location") == f"https://{HOST}/login/?next=/",
        str(moved.status),
    )
    visitor = site.visitor("127.0.0.40")
    answer = visitor.log_in("user0", PASSWORD)
    yield "a login works", answer.status == 302, str(answer.status)
    policy = answer.headers["Strict-Transport-Security"] or ""
    yield "HSTS binds this host alone", policy == "max-age=31536000", policy
    open_ones = [
        name for name, cookie in visitor.set.items() if not cookie["secure"] or not cookie["samesite"]
    ]
    yield "all cookies are secure", not open_ones and "sessionid" in visitor.set, f"{sorted(visitor.set)}"


def login_limits(site: Site) -> Seen:
    """Of three wrong passwords per client and five per account."""
    guesser, owner = site.visitor("127.0.0.2"), site.visitor("127.0.0.3")
    said = [guesser.log_in("nobody", "wrong").status for _ in range(4)]
    yield "a client has three attempts", said == [200, 200, 200, 429], str(said)
    forged = [
        guesser.log_in("user1", PASSWORD, **{"X-Forwarded-For": value, "Forwarded": f"for={value}"}).status
        for value in ("198.51.100.1", "127.0.0.3", "junk", "1.2.3.4:5, [::1]:6")
    ]
    yield "a forged address changes nothing", forged == [429] * 4, str(forged)
    right = []
    for _ in range(5):
        right.append(owner.log_in("user1", PASSWORD).status)
        owner.log_out()
    yield "another client logs in as often as it likes", right == [302] * 5, str(right)
    crowd = [site.visitor(f"127.0.0.{number}").log_in("user1", "wrong").status for number in range(10, 17)]
    yield "an account has five attempts from anywhere", crowd == [200] * 5 + [429] * 2, str(crowd)
    known = [owner.log_in("user1", "wrong").status, owner.log_in("user1", PASSWORD).status]
    yield "the owner gets in with the browser they use", known == [200, 302], str(known)
    stranger = site.visitor("127.0.0.20").log_in("user1", PASSWORD)
    wait = int(stranger.headers["Retry-After"] or 0)
    yield "who has to wait is told for how long", stranger.status == 429 and 0 < wait <= 3600, f"{wait} s"
    yield "the log names client and account", "login failed: 'user1' from 127.0.0.10" in site.logs, ""
    yield "the log names nothing else", "wrong" not in site.logs and "'nobody'" not in site.logs, ""


def slow_clients(site: Site) -> Seen:
    """Half-sent heads, by way of nginx and at a gunicorn itself."""
    with ExitStack() as stack:
        for port in (site.nginx.https, site.places[1]):
            for _ in range(64):
                client = stack.enter_context(
                    socket.create_connection(("127.0.0.1", int(str(port))), timeout=30)
                )
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        said = [site.visitor("127.0.0.41").ask("GET", "/login/", **PAGE).status for _ in range(8)]
    yield "128 half-sent requests hold up nobody", said == [200] * 8, str(said)


def deactivated(site: Site, visitor: Visitor, name: str) -> Seen:
    """Somebody with more runs than workers, who may no longer do anything."""
    own = site.made[name]
    runs = [visitor.press(email, own["slow"]).json["task_id"] for email in own["emails"][:8]]
    wait_until(lambda: any(status == "running" for status, _tried in site.statuses(runs).values()))
    site.postgres.ask("UPDATE auth_user SET is_active = false WHERE username = %s", name)
    waiting = {
        run for run, (status, tried) in site.statuses(runs).items() if status == "queued" and not tried
    }
    poll = visitor.ask("GET", f"/tasks/{runs[-1]}/status?seen=x", **HTMX)
    yield (
        "their page is sent to the login",
        "/login/" in (poll.headers["HX-Redirect"] or ""),
        str(poll.status),
    )
    press = visitor.press(own["emails"][0], own["quick"])
    yield "they press nothing", press.status == 401, str(press.status)
    again = site.visitor("127.0.0.42").log_in(name, PASSWORD)
    yield "they do not log in", again.status == 200, str(again.status)
    wait_until(lambda: not any(status == "running" for status, _tried in site.statuses(runs).values()))
    other, theirs = site.visitor("127.0.0.43"), site.made["user0"]
    other.log_in("user0", PASSWORD)
    behind = other.press(theirs["emails"][-1], theirs["quick"]).json[
        "task_id"
    ]  # whoever waited would have had a turn
    wait_until(lambda: site.statuses([behind])[behind][0] == "succeeded")
    begun = {run for run, (_status, tried) in site.statuses(runs).items() if run in waiting and tried}
    yield (
        "none of their waiting runs begins",
        bool(waiting) and not begun,
        f"{len(begun)} of {len(waiting)} began",
    )


def database_away(site: Site, visitor: Visitor, name: str) -> Seen:
    own = site.made[name]
    site.postgres.stop()
    page = visitor.ask("GET", "/", **PAGE)
    yield (
        "a page says so",
        (page.status, "cannot reach its database" in page.text) == (503, True),
        str(page.status),
    )
    yield "and when to come again", bool(page.headers["Retry-After"]), ""
    press = visitor.press(own["emails"][0], own["quick"])
    yield (
        "a press is told so",
        (press.status, press.json.get("code")) == (503, "unavailable"),
        press.text[:80],
    )
    poll = visitor.ask("GET", "/activity/live?newest=0_0", **HTMX)
    yield "a poll is told so", (poll.status, "unavailable" in poll.text) == (503, True), str(poll.status)
    alive = [visitor.ask("GET", path).status for path in ("/healthz", "/healthz/database", "/readyz")]
    yield "probes tell which part is ill", alive == [200, 503, 503], str(alive)
    site.postgres.start()
    wait_until(
        lambda: all(visitor.ask("GET", "/", **PAGE).status == 200 for _ in range(4))
    )  # each process by itself
    pressed = visitor.press(own["emails"][0], own["quick"])
    yield "it goes on by itself", pressed.status == 202, str(pressed.status)
    run = pressed.json["task_id"]
    wait_until(lambda: visitor.ask("GET", f"/tasks/{run}/status", **JSON).json["status"] == "SUCCESS", 90)
    yield "and so do the workers", True, ""
    told = site.logs.count("the database is away: ")
    yield "the log has a line per process", told == len(site.webs), f"{told} lines"
