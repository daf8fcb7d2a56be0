import json
from pathlib import Path
from typing import Any

import pytest

from emails.agreement import Label, agreement, load_labels
from mailai.ai.schemas import BaseAnswer


def answer(**more: Any) -> BaseAnswer:
    texts = {"category": "info_only", "summary": "x", "reasoning": "x", "language": "de"}
    numbers = {"urgency": 1, "importance": 1, "is_spam": False, "confidence": 0.5}
    values: dict[str, Any] = {**texts, **numbers, "tags": [], "questions": [], "deadlines": []}
    return BaseAnswer.model_validate(values | more)


def test_it_counts_what_agrees() -> None:
    label = Label(2, 3, "info_only", False, "de")
    report = agreement([(label, answer(urgency=2)), (label, answer(urgency=1, importance=3, language="en"))])
    assert report.n == 2
    assert report.exact == {"urgency": 1, "importance": 1, "category": 2, "spam": 2, "language": 1}
    assert report.within_one == {"urgency": 2, "importance": 1}


def test_it_counts_the_confusion_about_spam() -> None:
    spam, good = Label(1, 1, "info_only", True, "de"), Label(1, 1, "info_only", False, "de")
    pairs = [(spam, answer(is_spam=True)), (spam, answer()), (spam, answer()), (good, answer(is_spam=True))]
    report = agreement(pairs)
    assert (report.spam_found, report.spam_missed, report.spam_wrong) == (1, 2, 1)
    assert report.lines()[-1].endswith("1 found, 2 missed, 1 wrongly called so")


def test_it_reports_nothing_of_nothing() -> None:
    assert agreement([]).lines() == ["nothing to compare"]


def test_it_loads_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    values = {
        "urgency": 2,
        "importance": 3,
        "category": "info_only",
        "spam": False,
        "language": "de",
        "why": "so",
    }
    path.write_text(json.dumps({"a.eml": values}), encoding="utf-8")
    assert load_labels(path) == {"a.eml": Label(2, 3, "info_only", False, "de", "so")}


def test_it_refuses_other_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text('{"a.eml": {"colour": 1}}', encoding="utf-8")
    with pytest.raises(TypeError):
        load_labels(path)
