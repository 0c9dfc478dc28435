"""One training loop, with a progress bar (lesson 05 and on)."""

import sys
import time
from html import escape

import torch

from .validate import describe, positive_int

REDRAW = 0.1  # seconds between two states of the bar: fast enough for eyes, too slow to slow anything down


def progress(items, label="working"):
    """The items one after another, with a progress bar below the cell (or on one line of a terminal).

    `items` needs a length.  What remains says how many there were and nothing measured, so that a saved notebook
    is the same on every machine.
    """
    show = bar(str(label), len(items))
    show(0)
    shown = time.monotonic()
    done = 0
    try:
        for item in items:
            yield item
            done += 1
            if time.monotonic() - shown > REDRAW:
                show(done)
                shown = time.monotonic()
    finally:
        show(done)  # also where the loop was left early: the bar then says how far it came


def bar(label, total):
    """A function that shows how many of `total` are done: a widget in a notebook, else a line in a terminal."""
    if in_notebook():
        import ipywidgets
        from IPython.display import display

        widget = ipywidgets.HTML()
        # A saved notebook keeps the text of this moment, not what the widget became: so it names the total alone.
        text = f"{label}: {total} of {total}"
        still = {"text/plain": text, "text/html": f'<div style="padding: 0 5px">{escape(text)}</div>'}
        display(widget._repr_mimebundle_() | still, raw=True)

        def show(done):
            text = f"{done} of {total}"
            widget.value = f'<label>{escape(label)} <progress max="{total}" value="{done}"></progress> {text}</label>'

    else:

        def show(done):
            if getattr(sys.stderr, "isatty", bool)():  # pythonw has no stderr, and some replace it
                end = "\n" if done == total else ""
                print(f"\r{label}: {done} of {total}", end=end, file=sys.stderr, flush=True)

    return show


def in_notebook():
    """Whether a notebook's kernel runs this code."""
    # Whoever has not imported IPython by now is not in a notebook; asking first spares scripts its import.
    return "IPython" in sys.modules and getattr(sys.modules["IPython"].get_ipython(), "kernel", None) is not None


def train(parameters, loss, steps, lr=0.01, label="training"):
    """Minimise `loss()` with Adam.

    Args:
        parameters: tensors or a module's `.parameters()`.
        loss: a function without arguments that computes a fresh loss, a scalar tensor, at every step; if it draws
            its data again each time, every step sees other data.
        steps: how many steps.
        lr: Adam's learning rate.
        label: what the progress bar says; None for no bar, inside a loop that has one.

    Returns:
        The loss of every step, a list of floats, each from before that step's change.

    Raises:
        TypeError or ValueError if the loss is no scalar that can be differentiated; FloatingPointError naming the step
        as soon as it is not finite, since all that follows would be NaN.
    """
    if isinstance(loss, (torch.nn.Module, torch.Tensor)) or not callable(loss):
        raise TypeError(f"loss must be a function that computes the loss at each step, got {describe(loss)}")
    if isinstance(parameters, torch.Tensor):
        parameters = [parameters]
    if isinstance(parameters, torch.nn.Module):
        raise TypeError(f"parameters must be tensors, got a module; {type(parameters).__name__}'s .parameters() are")
    parameters, steps = list(parameters), positive_int(steps, "steps")
    if not parameters:
        raise ValueError("parameters is empty: a target network has none of its own; train the hypernetwork's")
    # fused: the same steps in about half the time, where tensors are as small as here
    optimizer, losses = torch.optim.Adam(parameters, lr=lr, fused=True), []
    for step in range(steps) if label is None else progress(range(steps), label):
        value = loss()
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"loss() must return a scalar tensor, got {describe(value)}")
        if value.numel() != 1 or not value.requires_grad:
            needed = "a single number" if value.numel() != 1 else "connected to parameters; it has no gradient"
            raise ValueError(f"loss() must return {needed}, got {describe(value)}")
        losses.append(value.item())
        if losses[-1] != losses[-1] or abs(losses[-1]) == float("inf"):
            raise FloatingPointError(f"the loss is {losses[-1]} at step {step}; try a smaller lr than {lr}")
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return losses
