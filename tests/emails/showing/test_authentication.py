"""Authentication-Results (RFC 8601): whose word counts, and what it says."""

from __future__ import annotations

import pytest

from emails.showing.authentication import Check, noted

GOOD = (
    "mx.example.org; spf=pass smtp.mailfrom=ada@example.com; dkim=pass header.d=example.com; "
    "dmarc=pass header.from=example.com"
)
BAD = "mx.example.org; spf=softfail smtp.mailfrom=x.example; dmarc=fail (p=reject) header.from=example.com"


def test_it_reads_what_a_server_of_ours_noted():
    found = noted([GOOD], ["MX.example.org"])
    assert found is not None
    assert (found.server, found.trusted, found.forged) == ("mx.example.org", True, False)
    assert found.checks == (
        Check("spf", "pass", "example.com"),
        Check("dkim", "pass", "example.com"),
        Check("dmarc", "pass", "example.com"),
    )


def test_it_believes_no_other_server():
    assert noted([GOOD.replace("mx.", "evil.")], ["mx.example.org"]) is None
    found = noted([GOOD.replace("mx.", "evil."), BAD, GOOD], ["mx.example.org"])
    assert found is not None
    assert found.forged
    assert noted([], ["mx.example.org"]) is noted([], []) is None


def test_it_names_the_topmost_where_none_is_trusted():
    found = noted([BAD, GOOD], [])
    assert found is not None
    assert (found.server, found.trusted, found.forged) == ("mx.example.org", False, False)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("mx.example.org 1; none", {}),
        ("mx.example.org; spf=none", {"spf": "none"}),
        ("mx.example.org (a (nested; dmarc=pass) one); dmarc=fail", {"dmarc": "fail"}),
        ('mx.example.org; dkim=fail reason="dmarc=pass; dkim=pass"', {"dkim": "fail"}),
        ("mx.example.org; dkim=fail header.d=a.example; dkim=pass header.d=b.example", {"dkim": "pass"}),
        ("mx.example.org; DKIM = Pass", {"dkim": "pass"}),
        ("mx.example.org; dkim/1=temperror", {"dkim": "temperror"}),
        ("mx.example.org; x-dmarc=pass; arc=pass; iprev=pass", {}),
        ("mx.example.org", {}),
        ("((((((", None),
        ("", None),
    ],
)
def test_it_reads_the_grammar(field, said):
    found = noted([field], [])
    assert (found and {check.method: check.result for check in found.checks}) == said


def test_passed_and_failed_are_not_all_there_is():
    results = ("pass", "fail", "softfail", "permerror", "none", "neutral", "temperror", "whatever")
    checks = [Check("spf", result, "") for result in results]
    assert [check.passed for check in checks] == [True] + [False] * 7
    assert [check.failed for check in checks] == [False, True, True, True] + [False] * 4
