"""From numbers to geometry: whatever the numbers, nothing leaves the view box and nothing lies about its size."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from emails.figures.axis import ticks
from emails.figures.charts import LETTER, Chart, columns, rows
from emails.figures.figure import compact, count, duration, in_units, standing

VALUES = [0, 1, 2, 7, 10, 99, 0.003, 999.6, 12_345, 10**9, 10**18, 1e300, math.inf, math.nan, -4]


def cases(seed: int) -> tuple[list[tuple[str, list[float]]], list[str]]:
    """Some series over some steps, with small, huge, no and impossible numbers among them."""
    chance = random.Random(seed)
    steps = chance.choice([1, 2, 6, 12])
    names = ["", "high", "a-model-with-a-name-" * 6, "<b>Ü</b>"]
    series = [
        (chance.choice(names), [chance.choice(VALUES) for _ in range(steps)])
        for _ in range(chance.choice([1, 2, 4, 6]))
    ]
    return series, [f"{number + 1} Sept" for number in range(steps)]


def outside(chart: Chart) -> list[object]:
    """What leaves the view box; text is as wide as its letters at most."""
    slack = 1e-6
    found: list[object] = [
        bar
        for bar in chart.bars
        if bar.x < -slack
        or bar.y < -slack
        or bar.x + bar.width > chart.width + slack
        or bar.y + bar.height > chart.height + slack
    ]
    for line in chart.lines:
        xs, ys = (line.x1, line.x2), (line.y1, line.y2)
        if min(xs + ys) < -slack or max(xs) > chart.width + slack or max(ys) > chart.height + slack:
            found.append(line)
    for text in [*chart.texts, *chart.marks]:
        long = len(text.text) * LETTER
        start = text.x - {"start": 0, "middle": long / 2, "end": long}[text.anchor]
        if start < -slack or start + long > chart.width + slack or not 8 <= text.y <= chart.height:
            found.append(text)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_nothing_leaves_the_view_box(seed):
    series, labels = cases(seed)

    assert outside(columns(series, labels, compact)) == []
    for write in (compact, duration):
        groups = [
            (name, [(f"word {number}", value) for number, value in enumerate(v[:4])]) for name, v in series
        ]
        assert outside(rows(groups, write, whole=False)) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_larger_value_never_has_the_shorter_bar_and_no_value_has_none(seed):
    chance = random.Random(seed)
    values = [chance.choice([0, 1, 3, 40, 512, 10**7]) for _ in range(12)]

    chart = columns([("", values)], [str(number) for number in range(12)], compact)

    heights = {bar.tip.split(":")[0]: bar.height for bar in chart.bars}
    assert len(heights) == sum(value > 0 for value in values)
    assert all(height >= 1 for height in heights.values())  # or it could not be seen
    for (one, first), (other, second) in itertools.combinations(enumerate(values), 2):
        if 0 < first < second:
            assert heights[str(one)] <= heights[str(other)]


def test_lengths_are_in_proportion():
    chart = rows([("a", [("", 30.0)]), ("b", [("", 60.0)])], compact)

    assert chart.bars[1].width == pytest.approx(2 * chart.bars[0].width)


def test_the_longest_bar_and_its_words_take_all_the_room():
    chart = rows([("a", [("half: up to {}", 11.0)])], compact)

    assert chart.texts[1].text == "half: up to 11"
    assert chart.bars[0].width + len(chart.texts[1].text) * LETTER > 0.95 * chart.width


def test_bars_do_not_overlap():
    chart = columns([("a", [5] * 12), ("b", [3] * 12)], ["Nov"] * 12, compact)

    for one, other in itertools.combinations(chart.bars, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_values_of_neighbours_do_not_overlap():
    chance = random.Random(3)
    values = [10 ** chance.uniform(0, 12) for _ in range(12)]

    chart = columns([("", values)], ["Nov"] * 12, compact)

    centres = sorted(text.x for text in chart.texts)
    room = min(second - first for first, second in itertools.pairwise(centres))
    assert max(len(text.text) for text in chart.texts) * LETTER <= room


def test_labels_below_do_not_overlap():
    for label in ("Nov", "12 Nov", "12. September"):
        chart = columns([("", [5] * 12)], [label] * 12, compact)
        below = sorted(mark.x for mark in chart.marks if mark.text == label)
        assert all(
            second - first >= len(label) * LETTER * 0.95 for first, second in itertools.pairwise(below)
        )


def test_without_data_it_is_an_empty_frame():
    for chart in (columns([("", [0, 0])], ["a", "b"], compact), columns([], [], compact), rows([], compact)):
        assert chart.bars == []
        assert outside(chart) == []


def test_every_bar_bears_its_value():
    chart = columns([("", [4, 0, 1234])], ["a", "b", "c"], compact)

    assert [text.text for text in chart.texts] == ["4", "1.2k"]


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (40, [0, 10, 20, 30, 40]),
        (101, [0, 50, 100, 150]),
    ],
)
def test_ticks_are_round(largest, expected):
    assert ticks(largest) == expected


def test_ticks_of_small_measures_may_be_fractions():
    assert ticks(0.07, whole=False) == pytest.approx([0, 0.02, 0.04, 0.06, 0.08])


def test_ticks_reach_whatever_there_is():
    chance = random.Random(7)
    for _ in range(2000):
        largest = chance.choice([1, 10]) * 10 ** chance.uniform(-6, 13)
        for whole in (True, False):
            found = ticks(largest, 3, whole)
            assert found[0] == 0
            assert found[-1] >= largest * (1 - 1e-6)
            assert 2 <= len(found) <= 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (7, "7"),
        (0.5, "0.5"),
        (999, "999"),
        (1234, "1.2k"),
        (99_960, "100k"),
        (17_400, "17k"),
        (1000, "1k"),
        (999_999, "1M"),
        (2.5e9, "2.5G"),
    ],
)
def test_numbers_are_short_on_a_chart(value, text):
    assert compact(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.04, "40 ms"),
        (1.25, "1.2 s"),
        (59, "59 s"),
        (150, "2.5 min"),
        (7200, "2 h"),
        (360_000, "100 h"),
    ],
)
def test_durations_are_told_in_their_unit(seconds, text):
    assert duration(seconds) == text


def test_numbers_of_bars_that_stand_close_are_short_in_every_language():
    chart, said = standing([("", [27_400, 1_000, 3, 0] * 3)], ["Nov"] * 12)

    assert said == "The chart counts in thousands."
    assert [text.text for text in chart.texts] == ["27", "1", "<0.1"] * 3
    assert standing([("", [999])], ["Nov"])[1] == ""
    assert in_units(0.5, 1) == "0.5"


def test_counts_are_told_in_full():
    assert count(1234567) == "1,234,567"
