"""Generated and damaged messages all the way into the database: none raises, none is lost, none comes twice."""

from collections import Counter
from pathlib import Path

from django.conf import settings as django_settings
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emails.importing import Outcome, count, messages, store_all
from emails.models import Email

SAMPLE = [
    path.read_bytes() for path in sorted((Path(django_settings.BASE_DIR) / "emails" / "sample").glob("*.eml"))
]
SMALL = [raw for raw in SAMPLE if len(raw) < 6000]

junk = st.text(alphabet='<>(),:;@"\\=?_*%[]{}&# \t.-/aZ0é日\u202e\x00\ufeff', max_size=60)
name = st.sampled_from(
    ["From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Received"]
)
injected = st.sampled_from(
    [
        "x\r\nBcc: eve@example.com",
        "=?utf-8?q?a=0D=0ABcc=3A_eve?=",
        "=?utf-16?b?2ADYAA==?=",
        "=?utf-8?b?AAAA?=",
        "y" * 100_000,
        "<" * 3000,
        "<one@x> " * 300,
        '"a@b.c, e@f.g" <a@b.c>',
        "Mon, 99 Foo 0000 99:99:99 +9999",
    ]
)
kind = st.sampled_from(
    [
        "text/plain; charset=utf-16",
        "text/plain; charset=unheard-of",
        "text/html; charset=gb2312",
        "text/html",
        "text/calendar; method=REQUEST",
        "message/rfc822",
        "image/png; name*0*=utf-8''%00%ff; name*1=x",
        "a/" + "b" * 300,
    ]
)
encoding = st.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit", "no such thing"])
content = st.one_of(
    st.binary(max_size=200),
    junk.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            b"<table><td><p>x<img src=cid:a onerror=1><!--",
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:99991231T235959Z\nDURATION:P9999W\nSUMMARY:\x00\nEND:VEVENT",
            b"=FF=00=\n=\n=ZZ",
            b"\x00" * 50,
            b"begin 644 \x00\n#,,,\nend",
        ]
    ),
)


def leaf(parts: tuple[str, str, bytes]) -> bytes:
    return b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (
        parts[0].encode(),
        parts[1].encode(),
        parts[2],
    )


def branch(drawn: tuple[str, list[bytes], bool]) -> bytes:
    boundary, parts, closed = drawn
    body = b"".join(b"\r\n--%s\r\n%s" % (boundary.encode(), part) for part in parts)
    end = b"\r\n--%s--\r\n" % boundary.encode() if closed else b""
    return b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n%s%s" % (boundary.encode(), body, end)


tree = st.recursive(
    st.tuples(kind, encoding, content).map(leaf),
    lambda inner: st.tuples(st.sampled_from("bcd"), st.lists(inner, max_size=4), st.booleans()).map(branch),
    max_leaves=8,
)


def head(fields: list[tuple[str, str]]) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode("utf-8", "surrogatepass") for name, value in fields)


generated = st.builds(
    lambda fields, body: head(fields) + body, st.lists(st.tuples(name, junk | injected), max_size=6), tree
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(SMALL)))
    for at in draw(st.lists(st.integers(0, len(raw) * 8 - 1), max_size=30)):
        raw[at // 8] ^= 1 << at % 8
    return bytes(raw[: draw(st.integers(0, len(raw)) | st.just(len(raw)))])


anything = generated | damaged()


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(st.lists(anything, min_size=1, max_size=8))
def test_it_stores_anything_once(user: User, raws: list[bytes]) -> None:
    Email.objects.all().delete()
    stored = list(store_all(user, raws))
    assert len(stored) == len(raws)
    new = [email.pk for outcome, email in stored if outcome is not Outcome.DUPLICATE]
    assert sorted(Email.objects.values_list("pk", flat=True)) == sorted(new)
    assert {bytes(email.raw) for email in Email.objects.all()} <= set(raws)
    assert not Email.objects.filter(trouble__in=["unstorable", "crash", "memory", "timeout"]).exists()
    assert {outcome for outcome, _ in store_all(user, raws)} == {Outcome.DUPLICATE}


def test_it_imports_a_folder_of_damaged_files_once(user: User, tmp_path: Path) -> None:
    for number, raw in enumerate(SAMPLE):
        torn = bytearray(raw)
        for at in range(number % 7, len(torn), 211):
            torn[at] = (torn[at] * 7 + number) % 256
        folder = tmp_path / f"{number % 3}" / "deep"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.eml").write_bytes(bytes(torn[: len(torn) - 37 * number % len(torn)]))
        (folder / f"{number}.copy").write_bytes(raw)
    files = count(tmp_path)
    assert files == 2 * len(SAMPLE)
    first = Counter(outcome for outcome, _ in store_all(user, messages(tmp_path)))
    assert first.total() == files
    assert Email.objects.count() == files - first[Outcome.DUPLICATE]
    again = Counter(outcome for outcome, _ in store_all(user, messages(tmp_path)))
    assert again == {Outcome.DUPLICATE: files}
