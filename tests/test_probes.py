"""The varied cases: answers that only they can tell from a right one."""

import pytest
from test_answers import report_on, sections

ANSWERS = list(sections("varied.py"))


@pytest.mark.parametrize("name, words, source", ANSWERS, ids=[name for name, _, _ in ANSWERS])
def test_a_probe_finds_what_the_cases_do_not(name, words, source):
    verdict, text = report_on(name, source)
    assert verdict.word == "not yet" and words.lower() in text.lower(), text
    assert 0 < verdict.share < 1 and verdict.found and not verdict.mistake
