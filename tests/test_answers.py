"""Answers as learners write them: right ones in many styles are accepted, wrong ones refused with the right words."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from hyperlib.checking import all_exercises
from hyperlib.checking.find import Attempt, find_definition
from hyperlib.checking.judge import judge
from hyperlib.checking.report import Report

EXERCISES = all_exercises()


def report_on(name, source):
    namespace = {"torch": torch, "nn": nn, "F": nn.functional, "__name__": "__main__"}
    exec(source, namespace)
    verdict = judge(EXERCISES[name], Attempt(namespace[name], node=find_definition(name, source)))
    report = Report(EXERCISES[name], verdict)
    assert report._repr_html_()  # drawing the picture must not fail either
    return verdict, repr(report)


def sections(file):
    """The (name, words, source) of every section of a file of answers."""
    parts = re.split(r"^# %% ", (Path(__file__).parent / "answers" / file).read_text(encoding="utf-8"), flags=re.M)
    for part in parts[1:]:
        head, source = part.split("\n", 1)
        name, _, words = head.partition(": ")
        yield name, words, source


RIGHT, WRONG = list(sections("right.py")), list(sections("wrong.py"))


@pytest.mark.parametrize("name, words, source", RIGHT, ids=[name for name, _, _ in RIGHT])
def test_right_in_another_style(name, words, source):
    verdict, text = report_on(name, source)
    assert verdict.passed, text


@pytest.mark.parametrize("name, words, source", WRONG, ids=[name for name, _, _ in WRONG])
def test_wrong_in_a_way_that_was_seen(name, words, source):
    verdict, text = report_on(name, source)
    assert verdict.word == "not yet" and words.lower() in text.lower(), text
