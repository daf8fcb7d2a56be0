"""Remote images of a page that are not fetched: a box in their place."""

import pytest

from emails.parsing.sanitise import remote_images, sanitise
from emails.showing.images import without_remote


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            '<p><img src="https://evil.example/a.png" width="300" height="80" alt="A &gt; B"></p>',
            '<p><span class="withheld" style="width:min(300px,100%);height:80px;">A &gt; B</span></p>',
        ),
        ('<img alt="Logo" src="http://evil.example/a">', '<span class="withheld" style="">Logo</span>'),
        ('<img src="https://evil.example/pixel" width="1" height="1" alt="">', ""),
        ('<img src="https://evil.example/no-size">', ""),
        (
            '<img src="https://evil.example/a" width="90" height="60">',
            '<span class="withheld" style="width:min(90px,100%);height:60px;"></span>',
        ),
        ('<img alt="x" src="data:image/png;base64,AA==">', '<img alt="x" src="data:image/png;base64,AA==">'),
        ('<img alt=" src=&quot;https://x" src="cid:a">', '<img alt=" src=&quot;https://x" src="cid:a">'),
        ('<img alt="one" src="cid:a"><a href="https://b.example">src="https://c"</a>',) * 2,
    ],
)
def test_a_box_takes_the_place_of_a_remote_image(html: str, shown: str) -> None:
    assert without_remote(html) == shown


def test_no_picture_behind_words_comes_from_elsewhere() -> None:
    page = sanitise('<p style="background:#036 url(https://evil.example/A.png?a=1&b=2);color:#fff">Words</p>')
    assert remote_images(page)
    assert "evil" not in without_remote(page)
    assert "#003366" in without_remote(page)
    assert not remote_images(without_remote(page))
