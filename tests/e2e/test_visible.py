"""A browser is asked what can be seen of a page, and what a model reads must be that."""

from __future__ import annotations

from base64 import b64encode

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page

from emails.parsing.html_text import to_text
from emails.parsing.sanitise import sanitise
from emails.views.reading import COLOURED
from tests.emails.seen_cases import HIDDEN, SEEN

pytestmark = pytest.mark.browser

WORD = "M"  # which has much ink
# Everything but the words stays as it is: what changes on the picture is what can be seen of them.
BARE = "* { -webkit-text-fill-color: transparent !important; }"
INK = 40  # pixels that differ by more than a shade: fewer are no eight letters
DIFFERENT = """async (pictures) => {
  const [one, other] = await Promise.all(pictures.map(async (picture) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, image.width, image.height).data;
  }));
  let found = 0;
  for (let at = 0; at < one.length; at += 4)
    found += [0, 1, 2].some((channel) => Math.abs(one[at + channel] - other[at + channel]) > 24);
  return found;
}"""


def ink(page: Page, html: str) -> int:
    """How much the browser paints of the words of the page, sanitised as it comes into the frame."""
    clean = sanitise(html)
    schemes = "light" if COLOURED.search(clean) else "light dark"
    page.set_content(render_to_string("emails/frame.html", {"html": clean, "schemes": schemes}))
    before = page.screenshot()
    page.add_style_tag(content=BARE)
    pictures = [b64encode(picture).decode() for picture in (before, page.screenshot())]
    return int(page.evaluate(DIFFERENT, pictures))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_model_reads_is_what_a_browser_shows(page: Page, complaints: list[str], scheme: str) -> None:
    page.set_viewport_size({"width": 500, "height": 300})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    wrong = []
    for name, html in {**HIDDEN, **SEEN}.items():
        words = html.replace("X", WORD * 8)
        painted = ink(page, words)
        if not (painted >= INK) == (WORD in to_text(words)) == (name in SEEN):
            wrong.append((name, painted, to_text(words)))
    assert wrong == []
    complaints.clear()  # of images that are not there
