"""Letters and what is behind them: the one always stands out from the other, whatever a sender chose.

A picture behind words is veiled with white or black, so that it is pale or dark enough for them wherever it is shown,
and where it is not, the veil stands there.
"""

from __future__ import annotations

from typing import NamedTuple

from emails.parsing.colours import BLACK, WHITE, Colour, contrast, hexadecimal, luminance, over

FAINT = 1.2  # contrast below which a sender meant nobody to read it; light grey on white has 1.5
READABLE = 2.0  # what is above that and below this is written in another ink
COLOURFUL, READABLE_COLOUR = (
    0.5,
    1.3,
)  # part of red, green or blue in which two colours differ that need less contrast
SOFT = 0.62  # of black or white in an ink that is not the sender's
VEIL = 0.6
BRIGHT = 0.3  # luminance of letters that want something dark behind them

INK, LINK = Colour(0.114, 0.125, 0.161), Colour(0.227, 0.31, 0.753)  # of the frame, where a page does not say


class Ground(NamedTuple):
    """What may be behind a letter: anything between the two, which of one colour are the same."""

    dark: Colour = WHITE
    light: Colour = WHITE

    @property
    def pictured(self) -> bool:
        """Whether it is the page's own veil: who wrote in its colours did not know of it."""
        return self.dark != self.light


def filled(fill: Colour, outer: Ground) -> Ground:
    return Ground(over(fill, outer.dark), over(fill, outer.light)) if fill.alpha < 1 else Ground(fill, fill)


def veil(ink: Colour, fill: Colour | None) -> Colour:
    """Of the colour that its sender put behind the picture, or of one from which the ink stands out."""
    shade = fill or (BLACK if luminance(ink) > BRIGHT else WHITE)
    return Colour(*shade[:3], VEIL)


def veiled(cover: Colour) -> Ground:
    return Ground(over(cover, BLACK), over(cover, WHITE))


def plain(ground: Ground, ink: Colour) -> Colour:
    """One colour in place of several, from which the ink stands out most."""
    return max(ground, key=lambda one: contrast(one, ink))


def seen(ink: Colour, ground: Ground) -> Colour:
    """A colour through which something shows, as it looks there."""
    if ink.alpha == 1:
        return ink
    return over(ink, ground.dark if ink.alpha < 0.5 or ground.dark == ground.light else ground.light)


def standing_out(ink: Colour, ground: Ground) -> float:
    """The least contrast, 1 to 21."""
    if luminance(ground.dark) < luminance(ink) < luminance(ground.light):
        return 1.0
    return min(contrast(ink, ground.dark), contrast(ink, ground.light))


def readable(ink: Colour, ground: Ground) -> Colour:
    """The ink as it is to be written."""
    look = seen(ink, ground)
    if is_readable(look, ground):
        return look
    best = max((BLACK, WHITE), key=lambda one: standing_out(one, ground))
    soft = over(Colour(*best[:3], SOFT), plain(ground, best))
    return soft if is_readable(soft, ground) else best


def is_readable(ink: Colour, ground: Ground) -> bool:
    differ = min(max(abs(one - other) for one, other in zip(ink[:3], end[:3], strict=True)) for end in ground)
    return standing_out(ink, ground) >= (READABLE_COLOUR if differ >= COLOURFUL else READABLE)


def written(paint: Colour) -> str:
    return hexadecimal(paint)[:7]
