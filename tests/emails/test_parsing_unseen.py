"""Images that nobody can see are there to tell that a message was read: they go at import."""

from __future__ import annotations

import pytest

from emails.parsing import remote_images
from emails.parsing.sanitise import sanitise

IMAGE = 'src="https://evil.example/open"'


@pytest.mark.parametrize(
    "html",
    [
        f'<img {IMAGE} width="1" height="1">',
        f"<img {IMAGE} width=0 height=0>",
        f'<img {IMAGE} height="1px">',
        f'<img {IMAGE} style="width:1px; height: 1px">',
        f'<img {IMAGE} style="max-height:0;max-width:0">',
        f'<img {IMAGE} style="width:1px!important">',
        f'<img {IMAGE} style="display:none">',
        f'<img {IMAGE} style="visibility : hidden">',
        f'<img {IMAGE} style="opacity:0.0">',
        f"<img {IMAGE} hidden>",
        f'<div style="display:none"><p><img {IMAGE} width="90"></p></div>',
        f"<div hidden>x</p><table><tr><td><img {IMAGE}></table></div>",
        '<div hidden style="background:url(https://evil.example/open)">x</div>',
        "<p style=\"width:1px;height:1px;background-image: url('https://evil.example/open')\">x</p>",
    ],
)
def test_they_go(html):
    clean = sanitise(f"<p>Hello</p>{html}")
    assert "evil" not in clean
    assert not remote_images(clean)


@pytest.mark.parametrize(
    "html",
    [
        f"<img {IMAGE}>",
        f'<img {IMAGE} width="600" height="1">',
        f'<img {IMAGE} width="100%">',
        f'<img {IMAGE} style="width:100%;height:auto">',
        f'<img {IMAGE} style="border-width:1px">',
        f'<img {IMAGE} style="opacity:0.5">',
        f'<div style="display:none">x</div><img {IMAGE}>',
        f'<div style="line-height:1px"><img {IMAGE} width="90"></div>',
        '<p style="background:url(https://evil.example/open)">x</p>',
    ],
)
def test_what_can_be_seen_stays(html):
    assert remote_images(sanitise(html))


def test_hidden_text_goes_and_images_that_came_along_stay():
    clean = sanitise(
        '<p style="display:none;background:url(https://evil.example/)">x</p><img src="cid:a" width="1">'
    )
    assert ">x<" not in clean
    assert 'src="cid:a"' in clean
