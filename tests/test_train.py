"""The training loop and its progress bar."""

import sys

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from hyperlib.train import progress, train


def test_train_minimises_and_returns_the_loss_of_every_step():
    p = torch.zeros(3, requires_grad=True)
    losses = train([p], lambda: ((p - 1) ** 2).sum(), 200, lr=0.1)
    assert len(losses) == 200 and losses[0] == 3.0 and losses[-1] < 1e-3
    assert torch.allclose(p, torch.ones(3), atol=0.05)


def test_train_takes_a_generator_of_parameters():
    layer = torch.nn.Linear(2, 1)
    before = layer.weight.clone()
    train(layer.parameters(), lambda: layer(torch.ones(1, 2)).sum(), 2)
    assert not torch.equal(layer.weight, before)


@pytest.mark.parametrize(
    "loss, error, words",
    [
        (lambda p: 1.0, TypeError, r"loss\(\) must return a scalar tensor, got a float"),
        (lambda p: p, ValueError, r"a single number, got a tensor of shape \[3\]"),
        (lambda p: p.detach().sum(), ValueError, "it has no gradient"),
        (
            lambda p: (p * float("nan")).sum(),
            FloatingPointError,
            "the loss is nan at step 0; try a smaller lr than 0.5",
        ),
        (lambda p: (p + float("inf")).sum(), FloatingPointError, "the loss is inf at step 0"),
    ],
)
def test_train_says_what_is_wrong_with_the_loss(loss, error, words):
    p = torch.ones(3, requires_grad=True)
    with pytest.raises(error, match=words):
        train([p], lambda: loss(p), 3, lr=0.5)


def test_train_refuses_what_cannot_be_trained():
    with pytest.raises(ValueError, match="parameters is empty"):
        train([], lambda: torch.zeros(()), 3)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        train([torch.zeros(1, requires_grad=True)], lambda: torch.zeros(()), 0)
    with pytest.raises(TypeError, match="loss must be a function that computes the loss at each step, got a Linear"):
        train([torch.zeros(1, requires_grad=True)], torch.nn.Linear(1, 1), 3)
    with pytest.raises(TypeError, match="parameters must be tensors, got a module; Linear's .parameters"):
        train(torch.nn.Linear(1, 1), lambda: torch.zeros(()), 3)


def test_progress_hands_on_every_item_and_prints_nothing_outside_terminals(capsys):
    assert list(progress([3, 1, 2], "seeds")) == [3, 1, 2]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("stderr", [None, object()])  # pythonw has none, and some replace it by less than a file
def test_progress_without_a_stderr(monkeypatch, stderr):
    monkeypatch.setattr(sys, "stderr", stderr)
    assert list(progress([3, 1, 2], "seeds")) == [3, 1, 2]


@pytest.mark.slow
def test_progress_in_a_notebook_is_a_widget_that_leaves_the_same_text_everywhere():
    code = """
import time
from hyperlib.train import progress

for i in progress(range(4), "a < b"):
    time.sleep(0.06)
    if i == 2:
        break
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    client = NotebookClient(notebook, timeout=60, store_widget_state=True)
    client.execute()
    (output,) = notebook.cells[0].outputs
    assert output.data["text/plain"] == "a < b: 4 of 4" and "a &lt; b: 4 of 4" in output.data["text/html"]
    (values,) = [s["value"] for s in client.widget_state.values() if "<progress" in str(s.get("value"))]
    assert values == '<label>a &lt; b <progress max="4" value="2"></progress> 2 of 4</label>'
