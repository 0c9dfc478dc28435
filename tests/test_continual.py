"""Tasks that come one after another: what the penalty holds, what it leaves free, and what is stored."""

import pytest
import torch
from torch import nn

from hyperlib import break_even, forgetting_penalty, infer_task, learn_task, snapshot_targets


def start(tasks, seed=0):
    """A generator of 5 numbers from an embedding of 3, and the embeddings of some old tasks."""
    torch.manual_seed(seed)
    return nn.Linear(3, 5), torch.randn(tasks, 3)


def towards(goal):
    return lambda weights: (weights - goal).square().sum()


def test_a_snapshot_stays_when_the_generator_moves():
    generator, old = start(2)
    targets = snapshot_targets(generator, old)
    before = targets.clone()
    assert not targets.requires_grad
    with torch.no_grad():
        generator.bias += 1
    torch.testing.assert_close(targets, before)
    assert snapshot_targets(nn.Identity(), old).data_ptr() != old.data_ptr()


def test_the_penalty_is_a_sum_over_weights_and_a_mean_over_tasks():
    generator, old = start(4)
    targets = snapshot_targets(generator, old)
    assert forgetting_penalty(generator, old, targets) == 0
    with torch.no_grad():
        generator.bias += 2  # each of 5 numbers moves by 2, for each task
    torch.testing.assert_close(forgetting_penalty(generator, old, targets), torch.tensor(20.0))
    assert forgetting_penalty(generator, old[:0], targets[:0]) == 0


def test_old_tasks_stay_with_the_penalty_and_move_without():
    moved = {}
    for beta in (0.0, 10.0):
        generator, old = start(2)
        before, kept = snapshot_targets(generator, old), old.clone()
        new = learn_task(generator, torch.randn(3), old, towards(3.0), beta, steps=200, lr=0.04)
        assert torch.equal(old, kept) and not new.requires_grad
        assert (generator(new) - 3).abs().max() < 0.1, "the new task is learned"
        moved[beta] = (generator(old) - before).abs().max().item()
    assert moved[10.0] < 0.05 < 0.5 < moved[0.0]


def test_one_task_more_than_a_linear_generator_has_room_for():
    """Three numbers and a bias make any four networks, and no fifth: then something has to give way."""
    torch.manual_seed(0)
    goals = 3 * torch.randn(5, 8)
    left = {}
    for tasks in (4, 5):
        generator, old = nn.Linear(3, 8), torch.zeros(0, 3)
        for goal in goals[:tasks]:
            new = learn_task(generator, torch.randn(3), old, towards(goal), 1.0, steps=300, lr=0.03)
            old = torch.cat([old, new.unsqueeze(0)])
        left[tasks] = (generator(old) - goals[:tasks]).square().mean().item()
    assert left[4] < 0.02 < 0.1 < left[5]


def test_the_new_embedding_starts_where_it_was_told_and_nothing_else_changes():
    generator, old = start(2)
    new, weight = torch.randn(3), generator.weight.detach().clone()
    found = learn_task(generator, new, old, towards(1.0), 1.0, steps=1, lr=0.25)
    torch.testing.assert_close((found - new).abs(), torch.full((3,), 0.25))  # Adam's first step
    assert not torch.equal(generator.weight, weight)


def test_the_least_uncertain_network_tells_the_task():
    logits = torch.tensor([[[0.0, 0, 0], [5, 0, 0]], [[0, 9, 0], [1, 0, 0]]])
    assert infer_task(logits).tolist() == [1, 0]


def test_saturated_logits_have_no_nan():
    logits = torch.tensor([[[1.0, 0.0]], [[0.0, 1000.0]], [[0.0, 0.0]]])
    p = logits.softmax(-1)
    assert (p * p.log()).isnan().any(), "which is what the plain formula gives"
    assert infer_task(logits).tolist() == [1]


@pytest.mark.parametrize("target, generator, embedding", [(10, 25, 1), (2410, 21690, 8), (5, 1, 4), (7, 12, 1)])
def test_break_even_by_trying(target, generator, embedding):
    tasks = break_even(target, generator, embedding)
    assert generator + tasks * embedding < tasks * target
    assert generator + (tasks - 1) * embedding >= (tasks - 1) * target


def test_a_linear_generator_pays_from_the_task_on_that_it_has_no_room_for():
    for size in (2, 4, 8, 16):
        assert break_even(2410, (size + 1) * 2410, size) == size + 2


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda g, e: snapshot_targets(g, e[0]), ValueError, r"embeddings must be \[T, E\].*got shape \[3\]"),
        (lambda g, e: snapshot_targets(g.forward, e), TypeError, "generator must be an nn.Module"),
        (lambda g, e: forgetting_penalty(g, e, torch.zeros(1, 5)), ValueError, r"targets has shape \[1, 5\]"),
        (lambda g, e: learn_task(g, e[0], torch.zeros(2, 4), sum, 1, 1), ValueError, "last axis must be 3"),
        (lambda g, e: learn_task(g, e[0], e, 0.5, 1, 1), TypeError, "loss must be a function"),
        (lambda g, e: infer_task(e), ValueError, r"\[T, n, classes\].*got shape \[2, 3\]"),
        (lambda g, e: break_even(10, 20, 10), ValueError, "never takes fewer"),
    ],
)
def test_errors_say_what_came_and_what_was_needed(call, error, words):
    with pytest.raises(error, match=words):
        call(*start(2))
