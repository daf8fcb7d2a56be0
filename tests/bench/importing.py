"""How fast mail comes in, and in how much memory: `python tests/bench/importing.py`.

Makes an mbox of 10,000 messages: the sample mailbox, plain letters, replies with quoted history, HTML newsletters and
small attachments. Reads it with the standard library alone, every header's value and every text part, with
`policy.default` and with `compat32`; imports it into a database of its own; then reads it again, and holds the import
against the faster reading of `policy.default`. Ends with 1 if the import is slower than half of that, if a message is
missing, or if 10,000 messages take more memory at their peak than 1,000 by a quarter.
"""

from __future__ import annotations

import email
import json
import mailbox
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP, Policy, compat32, default
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")

import django

django.setup()

import psutil  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from emails.models import Email  # noqa: E402
from emails.parsing.names import names  # noqa: E402
from tests.factories import make_user  # noqa: E402
from tests.processes import database_url  # noqa: E402

DATABASE = "mailai_bench_import"
MESSAGES, FEW = 10_000, 1000
HALF, QUARTER_MORE = 0.5, 1.25
SAMPLE = Path(__file__).parents[2] / "emails" / "sample"
WORDS = names(
    """
    wir haben gestern den Vertrag noch einmal gelesen und finden die neue Frist gut please send the signed copy
    until Friday because our accountant needs it Rechnung Termin meeting budget Angebot Lieferung Büro server
    deployment invoice review schedule Grüße morgen today Unterlagen report question answer quarter
    """
)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder, "few.mbox"), Path(folder, "many.mbox")
        for path, count in ((few, FEW), (many, MESSAGES)):
            write_mbox(path, count)
        before = {name: run("stdlib", name, str(many)) for name in ("default", "compat32")}
        name = connection.settings_dict["NAME"]
        connection.settings_dict["TEST"]["NAME"] = DATABASE
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            make_user("warm"), make_user("few"), make_user("many")
            run("import", "warm", str(SAMPLE))
            small = run("import", "few", str(few))
            large = run("import", "many", str(many))
            again = run("import", "many", str(many))
            stored = Email.objects.filter(user__username="many").count()
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)
        after = run("stdlib", "default", str(many))
        size = many.stat().st_size
    return report(
        size,
        max(before["default"]["rate"], after["rate"]),
        before["compat32"]["rate"],
        small,
        large,
        again,
        stored,
    )


def report(size: int, plain: float, compat: float, small: dict, large: dict, again: dict, stored: int) -> int:
    ratio, growth = large["rate"] / plain, large["peak"] / small["peak"]
    lines = [
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {MESSAGES} messages, {size / 1e6:.0f} MB",
        f"email, policy.default    {plain:7.0f} messages/s",
        f"email, compat32          {compat:7.0f} messages/s",
        f"import                   {large['rate']:7.0f} messages/s, {ratio:.2f} of policy.default, "
        f"{large['rate'] / compat:.2f} of compat32",
        f"import of known ones     {again['rate']:7.0f} messages/s",
        f"peak at {FEW:6} messages  {small['peak']:7.0f} MB, with its readers {small['family']:.0f} MB",
        f"peak at {MESSAGES:6} messages  {large['peak']:7.0f} MB, with its readers {large['family']:.0f} MB",
    ]
    print("\n".join(lines))  # noqa: T201
    missed = [
        f"the import reaches {ratio:.2f} of the standard library" if ratio < HALF else "",
        f"memory grows by {growth:.2f}" if growth > QUARTER_MORE else "",
        f"{stored} of {MESSAGES} messages are stored" if stored != MESSAGES else "",
    ]
    print("\n".join(f"MISSED: {what}" for what in missed if what), file=sys.stderr)  # noqa: T201
    return 1 if any(missed) else 0


def run(*arguments: str) -> dict:
    """One measurement in a process of its own, so that its peak of memory is its own."""
    environment = (
        os.environ | {"DATABASE_URL": database_url()} if arguments[0] == "import" else dict(os.environ)
    )
    done = subprocess.run(
        [sys.executable, __file__, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def stdlib(policy: Policy, path: Path) -> dict:
    began, count = time.perf_counter(), 0
    for message in mailbox.mbox(
        path, factory=lambda file: email.message_from_bytes(file.read(), policy=policy)
    ):
        for _name, value in message.items():
            str(value)
        for part in message.walk():
            if part.get_content_maintype() == "text":
                part.get_content() if policy is default else part.get_payload(decode=True)
        count += 1
    return {"rate": count / (time.perf_counter() - began)}


def import_into(username: str, path: Path) -> dict:
    stop, peak = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=(stop, peak))
    watcher.start()
    began = time.perf_counter()
    call_command("import_mail", str(path), "--user", username, stdout=sys.stderr)
    seconds = time.perf_counter() - began
    stop.set()
    watcher.join()
    messages = FEW if username == "few" else MESSAGES
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rate": messages / seconds, "peak": own, "family": peak[0] / 1e6}


def watch(stop: threading.Event, peak: list[int]) -> None:
    """The most memory that this process and its children hold together, looked at ten times a second."""
    me = psutil.Process()
    while not stop.wait(0.1):
        total = 0
        for process in [me, *me.children(recursive=True)]:
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], total)


def write_mbox(path: Path, count: int) -> None:
    with path.open("wb") as stream:
        for raw in made(count):
            stream.write(b"From bench@example.com Tue Nov  3 09:58:00 2026\n")
            stream.write(re.sub(rb"(?m)^(>*From )", rb">\1", raw.replace(b"\r\n", b"\n")) + b"\n\n")


def made(count: int) -> Iterator[bytes]:
    """A mailbox: of ten messages four are letters, three replies, two newsletters, one has a file."""
    dice = random.Random(7)
    files = [path.read_bytes() for path in sorted(SAMPLE.glob("*.eml"))]
    yield from files[:count]
    for number in range(len(files), count):
        yield letter(dice, number)


def letter(dice: random.Random, number: int) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Received"] = (
        "from mx.example.com by mail.example.org with ESMTPS; Tue, 3 Nov 2026 09:58:03 +0100"
    )
    message["From"], message["To"] = "Jürgen Müller <juergen@example.com>", "Alex Demo <demo@mailai.example>"
    message["Cc"] = "Ada <ada@example.com>, Büro <office@example.com>"
    message["Subject"] = f"{'Re: ' if number % 10 in (4, 5, 6) else ''}Angebot für {text(dice, 5)}"
    message["Date"], message["Message-ID"] = "Tue, 3 Nov 2026 09:58:00 +0100", f"<{number}@example.com>"
    message["DKIM-Signature"] = "v=1; a=rsa-sha256; d=example.com; s=one; b=" + "abcd" * 60
    body = (
        f"Hallo Alex,\n\n{paragraphs(dice, 4)}\n\nViele Grüße\nJürgen\n\n-- \nJürgen Müller\nExample GmbH\n"
    )
    if number % 10 in (4, 5, 6):
        message["In-Reply-To"] = message["References"] = f"<{number - 4}@example.com>"
        quoted = "\n".join(f"> {line}" for line in paragraphs(dice, 5).splitlines())
        body += f"\nAm 02.11.2026 um 10:00 schrieb Alex Demo <demo@mailai.example>:\n{quoted}\n"
    message.set_content(body)
    if number % 10 in (7, 8):
        message["List-Unsubscribe"] = "<https://example.com/unsubscribe>"
        message.add_alternative(newsletter(dice), subtype="html")
    if number % 10 == 9:
        content = dice.randbytes(dice.randint(4_000, 40_000))
        message.add_attachment(content, maintype="application", subtype="pdf", filename="Angebot Nº 7.pdf")
    return message.as_bytes()


def newsletter(dice: random.Random) -> str:
    cell = '<tr><td style="padding: 4px; color: #333" align="left"><a href="https://example.com/{}">{}</a><p>{}</p></td></tr>'
    rows = "".join(cell.format(dice.random(), text(dice, 4), text(dice, 25)) for _ in range(25))
    return f"<html><head><style>p {{ margin: 0 }}</style></head><body><table width=600>{rows}</table></body></html>"


def paragraphs(dice: random.Random, count: int) -> str:
    return "\n\n".join(text(dice, 60) for _ in range(count))


def text(dice: random.Random, count: int) -> str:
    return " ".join(dice.choices(sorted(WORDS), k=count))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    what, name, where = sys.argv[1:]
    policies: dict[str, Policy] = {"default": default, "compat32": compat32}
    measured = stdlib(policies[name], Path(where)) if what == "stdlib" else import_into(name, Path(where))
    print(json.dumps(measured))  # noqa: T201
