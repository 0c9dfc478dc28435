"""Runs in the lesson's kernel: what the library draws for the values that the browser shows."""

import ast
import base64
import io
import json

from IPython import get_ipython

made = {}  # by a cell's source


def drawn(source: str, shown: list[str]) -> str:
    """Description and PNG, as JSON: another interactive picture, made by the same code, and drawn as a whole."""
    if source not in made:
        names = dict(get_ipython().user_ns)
        tree = ast.parse(source)
        last = tree.body.pop()
        exec(compile(tree, "<cell>", "exec"), names)
        made[source] = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    live = made[source]
    controls = zip(live.sliders.items(), shown, strict=True)
    description = live.draw(**{name: value(control, text) for (name, control), text in controls})
    png = io.BytesIO()
    live.fig.savefig(png, format="png", dpi=live.fig.dpi)
    return json.dumps([description, base64.b64encode(png.getvalue()).decode()])


def value(control, text: str):
    """The control's value that is shown as this text, perhaps rounded."""
    if hasattr(control, "options"):
        pairs = [option if isinstance(option, tuple) else (option, option) for option in control.options]
        return dict(pairs)[text]
    number = float(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))
    step = round((number - control.min) / control.step)
    return type(control.value)(control.min + step * control.step)
