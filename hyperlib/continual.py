"""Tasks that come one after another: an embedding for each, and old generated weights that stay (lesson 13).

The hypernetwork is any module `generator` from a task's embedding `[..., E]` to all weights of its network, `[..., P]`.
"""

import torch

from .validate import check_module, check_tensor, describe, positive_int


def snapshot_targets(generator, embeddings):
    """The weights `[T, P]` that the embeddings `[T, E]` of the old tasks generate now: constants, to be kept."""
    check_module(generator, "generator"), _check_embeddings(embeddings, "embeddings")
    with torch.no_grad():
        return generator(embeddings).clone()  # the output of an identity is its input


def forgetting_penalty(generator, embeddings, targets):
    """How far the old tasks' weights have moved: the squared distance, summed over weights, as a mean over tasks.

    Args:
        generator: a module `[T, E] -> [T, P]`.
        embeddings: `[T, E]`, those of the old tasks.
        targets: `[T, P]`, what they generated before, as from `snapshot_targets`.

    Returns:
        A scalar tensor, 0 where there are no old tasks.

    Source: von Oswald, Henning, Sacramento and Grewe, "Continual learning with hypernetworks" (ICLR 2020), equation 2,
    without its look-ahead, which the authors' later work leaves out as well.
    """
    check_module(generator, "generator"), _check_embeddings(embeddings, "embeddings"), check_tensor(targets, "targets")
    moved = generator(embeddings) - targets
    if moved.shape != targets.shape:  # broadcast: the sum would count some weights more than once
        raise ValueError(f"targets has shape {list(targets.shape)}, but the generator gives {list(moved.shape)}")
    return moved.square().sum() / max(len(targets), 1)


def learn_task(generator, new, old, loss, beta, steps, lr=0.005):
    """Learn one more task with Adam while the old ones' weights are held; changes the generator in place.

    Args:
        generator: a module `[..., E] -> [..., P]`.
        new: `[E]`, where the new task's embedding starts.
        old: `[T, E]`, the old tasks' embeddings, which stay as they are; T may be 0.
        loss: from the new task's weights `[P]` to its loss, a scalar tensor.
        beta: factor of `forgetting_penalty`.
        steps, lr: of Adam, which starts afresh with each task.

    Returns:
        The new task's embedding `[E]`.
    """
    check_tensor(new, "new"), _check_embeddings(old, "old", new.shape[-1])
    if not callable(loss):
        raise TypeError(f"loss must be a function of the generated weights, got {describe(loss)}")
    targets = snapshot_targets(generator, old)
    new = new.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([*generator.parameters(), new], lr=lr)
    for _ in range(steps):
        value = loss(generator(new)) + beta * forgetting_penalty(generator, old, targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return new.detach()


def infer_task(logits):
    """The task each row belongs to, `[n]`: whose network has the least entropy among `logits [T, n, classes]`.

    Source: von Oswald et al. (ICLR 2020), section 3.2, "HNET+ENT".
    """
    if check_tensor(logits, "logits").dim() != 3 or not len(logits):
        raise ValueError(f"logits must be [T, n, classes] for T tasks, at least one, got shape {list(logits.shape)}")
    log_p = logits.log_softmax(-1)
    # Where p is 0 its logarithm here is large and finite.  log(softmax) is -inf, and 0 times that is NaN.
    entropy = -(log_p.exp() * log_p).sum(-1)  # [T, n]
    return entropy.argmin(0)


def break_even(target, generator, embedding):
    """From how many tasks on a generator and their embeddings take fewer numbers than a network for each task.

    Args:
        target, generator, embedding: how many numbers one target network, the generator and one embedding have.

    Raises ValueError if an embedding is as large as a target, so that this never happens.
    """
    target, generator = positive_int(target, "target"), positive_int(generator, "generator")
    if positive_int(embedding, "embedding") >= target:
        raise ValueError(f"an embedding of {embedding} numbers never takes fewer than a target of {target}")
    return generator // (target - embedding) + 1


def _check_embeddings(value, name, last=None):
    """An error unless `value` is `[T, E]`."""
    if check_tensor(value, name, last, " (E)").dim() != 2:
        raise ValueError(f"{name} must be [T, E], a row for each old task, got shape {list(value.shape)}")
