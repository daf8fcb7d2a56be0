"""What 100,000 messages cost who has them: `python tests/bench/inbox.py`.

A database of its own with two users, one with 1,000 messages and one with 100,000, alike in all else. Both open the
inbox, an older page, filters, searches and a message in turn, through all of Django but the web server; each page
shows 50 rows in both, but for the message's. Ends with 1 if
a page of the large mailbox takes more than 1.5 times as long as that of the small one at the median.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from emails.models import Email  # noqa: E402
from tests.bench.many_messages import make_mailbox  # noqa: E402
from tests.bench.scene import database, machine, say  # noqa: E402
from tests.factories import make_user  # noqa: E402

FEW, MANY = 1_000, 100_000
TIMES = 41
LIMIT = 1.5
PATHS = {
    "inbox": "/",
    "an older page": "older",
    "by priority": "/?sort=priority",
    "a cell": "/?urgency=3&importance=2",
    "unread": "/?unread=1",
    "needs a reply": "/?asks=1&sort=priority",
    "a sender": "/?sender=sender7@example.com",
    "unread, a category": "/?unread=1&category=info_only",
    "search, in all": "/?q=nachricht",
    "search, in 1 of 10": "/?q=lieferung",
    "search, in 60 or 1,000": "/?q=sonderposten",
    "search, in 60": "/?q=zwieback",
    "search, two words": "/?q=lieferung+-sonderposten",
    "a message": "message",
}
# Beyond the limit by nature: it counts, and 100,000 are more to count.
COUNTING = {"matrix": "/?view=matrix"}


def main() -> int:
    setup_test_environment()
    connection.settings_dict["CONN_HEALTH_CHECKS"] = False
    with database():
        clients = {count: entered(count) for count in (FEW, MANY)}
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE emails_email")
        say(f"{machine()}, {TIMES} times each, medians in ms: {FEW:,} messages, {MANY:,} messages, factor")
        slow = [name for name, path in PATHS.items() if compare(name, path, clients) > LIMIT]
        for name, path in COUNTING.items():
            compare(name, path, clients)
    for name in slow:
        say(f"TOO SLOW: {name}")
    return int(bool(slow))


def entered(count: int) -> Client:
    user = make_user(f"alex-{count}")
    make_mailbox(user, count)
    client = Client()
    client.force_login(user)
    return client


def compare(name: str, path: str, clients: dict[int, Client]) -> float:
    places = {count: place(path, client) for count, client in clients.items()}
    times: dict[int, list[float]] = {count: [] for count in clients}
    for _time in range(TIMES):
        for count, client in clients.items():  # in turn, so that a busy moment meets both
            began = time.perf_counter()
            answer = client.get(places[count])
            times[count].append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                raise RuntimeError(f"{places[count]}: {answer.status_code}")
    few, many = median(times[FEW]), median(times[MANY])
    say(f"{name:<22} {few:7.1f} {many:7.1f}  {many / few:5.2f}")
    return many / few


def place(path: str, client: Client) -> str:
    if path == "message":
        user_id = client.session["_auth_user_id"]
        key = Email.objects.filter(user_id=user_id).order_by("-received_at").values_list("pk", flat=True)[20]
        return f"/email/{key}/"
    if path != "older":
        return path
    place = "/"
    for _page in range(10):
        older = re.search(r'href="([^"]+)" rel="next"', client.get(place).content.decode())
        place = older[1].replace("&amp;", "&") if older else place
    return place


if __name__ == "__main__":
    sys.exit(main())
