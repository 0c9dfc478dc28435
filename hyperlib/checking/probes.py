"""Varied cases: after all declared cases came out right, each kind of slip that they cannot show is tried once.

A Probe makes other cases from those that an exercise declares.  The reference runs on them first: where it raises, or
takes long, the varied case does not apply.  An exercise opts out with `@exercise(..., skip={"fractions": "why"})`.
"""

import ast
import copy
import inspect
import math
import re
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from .compare import Difference, holds_tensors
from .declare import Case, ListLiterals, case
from .run import run_case, run_cases


@dataclass
class Probe:
    name: str
    sentence: str  # said first when it fails
    vary: object  # (exercise, case) -> a varied Case, or None where the probe has nothing to vary
    values: bool = True  # the smallest failing call shows what was expected, not only the sentence
    errors: bool = True  # an error counts too, not only another value
    most: int = 2  # varied cases: a check takes under 300 ms


def first_failure(exercise, answer, needed, problem):
    """The first varied case on which an answer differs from the reference: (Probe, Case, Difference), or None.

    needed: the reference's Outcome on each declared case.
    problem: (exercise, outcome needed, outcome) -> a Difference or None, as the declared cases are judged.
    """
    plain, tried = replace(exercise, gradients=False), []
    cases = sorted(zip(exercise.cases, needed, strict=True), key=lambda pair: holds_tensors(pair[1].value))
    for probe in PROBES:
        if probe.name not in exercise.skip:
            varied = filter(None, (probe.vary(exercise, one) for one, _ in reversed(cases)))
            tried += [(probe, one) for one in islice(varied, probe.most)]
    tried = [(probe, one, run_case(plain, one, exercise.reference)) for probe, one in tried]
    tried = [(probe, one, needed) for probe, one, needed in tried if not needed.error and finite(needed.value)]
    if not tried:
        return None
    outcomes, _ = run_cases(replace(plain, cases=[one for _, one, _ in tried]), answer)
    for (probe, one, needed), outcome in zip(tried, outcomes, strict=False):
        if outcome.timed_out or outcome.error and not probe.errors:
            continue
        if isinstance(needed.value, Changes) and isinstance(outcome.value, Changes):
            found = outcome.value.beyond(needed.value)
        else:
            found = problem(exercise, needed, outcome)
            if probe.name == "float64":
                found = found or imprecise(needed.value, outcome.value)
        if found:
            sentence = f"{probe.sentence}: {found.sentence}" if found.sentence else probe.sentence
            if not probe.values:
                found = Difference(found.kind, probe.sentence)
            return probe, one, replace(found, sentence=sentence if probe.values else probe.sentence)
    return None


def finite(value):
    """Whether no number overflowed: such a case shows nothing."""
    if isinstance(value, torch.Tensor):
        return bool(value.isfinite().all())
    if isinstance(value, (list, tuple)):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def imprecise(needed, got):
    """A Difference between numbers that only shows in float64, or None."""
    if isinstance(needed, (list, tuple)):
        return next(filter(None, map(imprecise, needed, got)), None)
    if isinstance(needed, torch.Tensor) and needed.dtype == torch.float64:
        return imprecise(needed.flatten().tolist(), got.flatten().tolist())
    if isinstance(needed, float) and not math.isclose(needed, got, rel_tol=1e-10, abs_tol=1e-11):
        numbers = f"expected {needed:.10g}, got {got:.10g}"
        return Difference("precision", f"the numbers are only as exact as in a lower precision ({numbers})")
    return None


def built(code, inputs, prelude="", last=None, middle="", before=None):
    """A Case that shows `code` and `inputs`, and runs a prelude before and another last line after it.

    middle: what runs before the first line that calls `before`, or before the last line.
    """
    tree = ast.parse(code)
    literals = ListLiterals()
    value = literals.visit(tree.body.pop().value)
    calls = [i for i, line in enumerate(tree.body) if before and re.search(rf"\b{before}\(", ast.unparse(line))]
    at = calls[0] if calls else len(tree.body)
    tree.body[at:at] = ast.parse(middle).body
    inputs = inputs | literals.found
    names = {"value__": value}

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node):
            return names.get(node.id, node)

    def filled(source):
        return ast.fix_missing_locations(Fill().visit(ast.parse(source)))

    before = ast.Module(ast.parse(prelude).body + tree.body, [])
    after = filled(last or "value__").body
    before.body += after[:-1]
    parts = ast.fix_missing_locations(before), ast.fix_missing_locations(ast.Expression(after[-1].value))
    return Case(code, inputs, compile(parts[0], "<case>", "exec"), compile(parts[1], "<case>", "eval"))


def map_tensors(value, change):
    """The same nested structure with other float tensors, also in modules."""
    if isinstance(value, torch.Tensor):
        return change(value) if value.is_floating_point() else value
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(map_tensors(item, change) for item in value)
    if isinstance(value, nn.Module) and has_float(value):
        value = copy.deepcopy(value)
        for tensor in (*value.parameters(), *value.buffers()):
            if tensor.is_floating_point():
                tensor.data = change(tensor.data)
    return value


def other_tensors(one, change):
    """The inputs with their float tensors changed, or None if there is none."""
    if not any(map(has_float, one.inputs.values())):
        return None
    return {name: map_tensors(value, change) for name, value in one.inputs.items()}


def has_float(value):
    if isinstance(value, nn.Module):
        return any(tensor.is_floating_point() for tensor in (*value.parameters(), *value.buffers()))
    return has_tensor(value)


def has_tensor(value):
    if isinstance(value, (list, tuple)):
        return any(map(has_tensor, value))
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def with_values(change, modules=True):
    def vary(exercise, one):
        inputs = other_tensors(one, change)
        inputs = inputs and {n: v if modules or has_tensor(v) else one.inputs[n] for n, v in inputs.items()}
        return inputs and replace(one, inputs=inputs, note="")

    return vary


def signed(tensor):
    """Fractions of both signs."""
    signs = torch.tensor([1.0, -1.0, -1.0]).repeat(tensor.numel() // 3 + 1)[: tensor.numel()].reshape(tensor.shape)
    return like(tensor, (tensor.detach() * 0.37 + 1 / 3) * signs)


def like(tensor, values):
    values = values.detach().requires_grad_(tensor.requires_grad)
    return nn.Parameter(values, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else values


def spaced(tensor):
    """The same numbers in other places of the memory."""
    if tensor.dim() < 2:
        return like(tensor, torch.stack([tensor.detach(), tensor.detach() + 7], -1)[..., 0])
    axes = range(tensor.dim())[::-1]
    return like(tensor, tensor.detach().permute(*axes).contiguous().permute(*axes))


def expanded(tensor):
    """One row that serves as all rows, as `expand` makes it."""
    return like(tensor, tensor.detach()[:1].expand(tensor.shape)) if tensor.dim() else tensor


def precise_inputs(exercise, one):
    inputs = other_tensors(one, lambda t: like(t, signed(t.double())))
    if inputs is None:
        return None
    name, is_class = exercise.name, inspect.isclass(exercise.reference)
    prelude = f"{name} = in_double({name})\n" if is_class or exercise.random else ""
    helpers = {"in_double": in_double}
    return built(one.code, inputs | helpers, prelude, middle="in_double(list(globals().values()))", before=name)


def in_double(thing):
    """All modules in a list, or what a class makes, in float64."""
    if not isinstance(thing, list):
        return lambda *args, **options: thing(*args, **options).double()
    return [item.double() for item in thing if isinstance(item, nn.Module)]


def negative_weights(exercise, one):
    """The numbers in a model's parameters times numbers from -0.9 to 1."""
    if not inspect.isclass(exercise.reference) or "grad" in one.code or not one.inputs:
        return None
    return built(one.code, one.inputs | {"tilt": tilt}, middle="tilt(list(globals().values()))")


def tilt(values):
    with torch.no_grad():
        for p in {p: None for module in values if isinstance(module, nn.Module) for p in module.parameters()}:
            p *= torch.linspace(-0.9, 1, p.numel()).reshape(p.shape)


def again(exercise, one):
    """The case, and then again with other values, in the same instance of a class."""
    if exercise.random:
        return None
    name = exercise.name
    inputs = other_tensors(one, lambda t: like(t, t.detach() * 3)) or one.inputs
    prelude = f"{name} = memoised({name})\n" if inspect.isclass(exercise.reference) else ""
    changed = {n: v for n, v in inputs.items() if n.isidentifier() and has_tensor(v)}
    *lines, value = [ast.unparse(line) for line in ast.parse(one.code).body]
    swap = [f"{n} = then__{n}" for n in changed]
    twice = "" if inspect.isclass(exercise.reference) else f"{value}, "
    source = "\n".join([*lines, f"first__ = {twice}{value}", *swap, *lines, f"(first__, {value})"])
    hidden = {f"then__{n}": v for n, v in changed.items()} | {"memoised": memoised}
    varied = built(source, one.inputs | hidden, prelude)
    return replace(varied, code=f"{one.code}\n# and then once more, with other values")


def memoised(cls):
    """A class whose instances are made once for the same arguments."""
    made = {}

    def make(*args, **options):
        key = repr((args, options))
        if key not in made:
            made[key] = cls(*args, **options)
        return made[key]

    return make


def watched(exercise, one):
    """Which of the things that the answer is given does it change?"""
    if exercise.random:
        return None
    name = exercise.name
    modules = [n for n, v in one.inputs.items() if isinstance(v, nn.Module)]
    prelude = (
        "".join(f"odd({n})\n" for n in modules)
        + f"changes__ = Changes()\n{name} = watching({name}, changes__, reference__)\n"
    )
    helpers = {"Changes": Changes, "odd": odd, "watching": watching, "reference__": exercise.reference}
    return built(one.code, one.inputs | helpers, prelude, "value__\nchanges__.seen()")


def odd(module):
    """In training mode with its parts in evaluation mode, and with a frozen parameter: all have to stay."""
    module.eval().training = True
    for p in list(module.parameters())[:1]:
        p.requires_grad_(False)


class Changes:
    """What calls change of the things that they are given, in words."""

    def __init__(self):
        self.before, self.words = [], set()

    def watch(self, names, values):
        self.before += [(name, value, dict(facts(name, value))) for name, value in zip(names, values, strict=False)]

    def seen(self):
        for name, value, before in self.before:
            now = dict(facts(name, value))
            gone = [words for words in before if words in now and not same_fact(before[words], now[words])]
            self.words.update(gone)
        self.before = []
        return self

    def beyond(self, allowed):
        words = sorted(self.words - allowed.words)
        return Difference("changed", " and ".join(words[:3])) if words else None

    def __deepcopy__(self, memo):
        return self


def watching(answer, changes, reference):
    """The answer, with an eye on what each call is given: a function, or the methods of instances of a class."""
    names = list(inspect.signature(reference).parameters)

    def call(*args, **options):
        changes.watch([*names[: len(args)], *options], [*args, *options.values()])
        made = answer(*args, **options)
        if inspect.isclass(answer) and isinstance(made, nn.Module):
            made.forward = watching(made.forward, changes, partial(reference.forward, made))
            changes.watch(["the model"], [Mode(made)])
        return made

    return call


@dataclass
class Mode:
    """Stands for a module of which only the mode is watched."""

    module: object


def facts(name, value):
    """What of a value can be changed, as pairs: in words, and how it is."""
    if isinstance(value, (list, tuple, dict)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        yield f"the items of `{name}`", [part for pair in items for part in pair]
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from facts(f"{name}[{key!r}]", item)
    elif isinstance(value, torch.Tensor):
        yield f"the numbers in `{name}`", value.detach().clone()
        yield f"the dtype of `{name}`", value.dtype
        yield f"whether `{name}` requires a gradient", value.requires_grad
        yield f"the hooks of `{name}`", len(value._backward_hooks or {})
        if value.is_leaf:
            yield f"`{name}.grad`", value.grad is None
    elif isinstance(value, nn.Module):
        modules = list(value.modules())
        hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
        yield f"the mode (training or evaluation) of `{name}`", [m.training for m in modules]
        yield f"the hooks of `{name}`", [len(getattr(m, kind)) for m in modules for kind in hooks]
        yield f"the attributes of `{name}`", [sorted(vars(m)) for m in modules]
        for key, tensor in [*value.named_parameters(), *value.named_buffers()]:
            yield from facts(f"{name}.{key}", tensor)
    elif isinstance(value, Mode):
        yield f"the mode (training or evaluation) of {name} itself", value.module.training


def same_fact(a, b):
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and bool(((a == b) | (a != a)).all())
    if isinstance(a, list):
        return len(a) == len(b) and all(x is y or plain(x) and plain(y) and x == y for x, y in zip(a, b, strict=True))
    return a == b


def plain(value):
    return isinstance(value, (int, float, str, bool, bytes, list))


def through(exercise, one):
    """Gradients that have to go on to where an input came from, in evaluation mode."""
    is_class = inspect.isclass(exercise.reference)
    if not (exercise.gradients or is_class) or other_tensors(one, torch.clone) is None or "grad" in one.code:
        return None
    names = [n for n, v in one.inputs.items() if n.isidentifier() and has_tensor(v)]
    prelude = f"sources__ = sources([{', '.join(names)}])\n"
    prelude += "".join(f"{n} = sources__[1][{i}]\n" for i, n in enumerate(names))
    prelude += f"{exercise.name} = evaluating({exercise.name})\n" if is_class else ""
    helpers = {"sources": sources, "evaluating": evaluating, "arriving": arriving}
    return built(one.code, one.inputs | helpers, prelude, "arriving(value__, sources__[0])")


def sources(values):
    """Leaves, and the values computed from them."""
    leaves = []

    def grow(tensor):
        leaves.append(tensor.detach().clone().requires_grad_())
        return leaves[-1] * 1

    return leaves, [map_tensors(value, grow) for value in values]


def evaluating(cls):
    return lambda *args, **options: cls(*args, **options).eval()


def arriving(value, leaves):
    """The gradient at each leaf, None where none arrives; of what is no tensor, nothing."""
    outputs = []

    def collect(item):
        if isinstance(item, (list, tuple)):
            for inner in item:
                collect(inner)
        elif isinstance(item, torch.Tensor) and item.requires_grad:
            outputs.append((item * torch.arange(1.0, item.numel() + 1).reshape(item.shape)).sum())

    collect(value)
    if not outputs:
        return [None for _ in leaves]
    return list(torch.autograd.grad(sum(outputs), leaves, allow_unused=True))


def promises(exercise):
    """All that the docstrings of an exercise say."""
    thing = exercise.reference
    members = vars(thing).values() if inspect.isclass(thing) else ()
    return " ".join(part.__doc__ or "" for part in (thing, *members))


def named_in(exercise, one, axis):
    """The inputs that the docstring gives this first axis: `x [batch, ...`, or `a, b and c [batch, ...`."""
    more = r"(,? and \w+|, \w+)*"
    words = " ".join(promises(exercise).split())
    return [n for n in one.inputs if re.search(rf"\b{re.escape(n)}\b{more}\W*(is |of )?\[{axis}", words)]


def leading(*sizes):
    """More axes in front, where the docstring says [...]."""

    def lift(value):
        if isinstance(value, (list, tuple)):
            return type(value)(map(lift, value))
        if not isinstance(value, torch.Tensor) or isinstance(value, nn.Parameter):
            return value
        count = math.prod(sizes)
        rows = [value + 0.5 * k if value.is_floating_point() else value for k in range(count)]
        return torch.stack(rows).reshape(*sizes, *value.shape)

    def vary(exercise, one):
        if "[..." not in promises(exercise) or exercise.random:
            return None
        named = named_in(exercise, one, r"\.\.\.")
        inputs = {n: lift(v) if not named or n in named else v for n, v in one.inputs.items()}
        return replace(one, inputs=inputs, note="") if any(map(has_tensor, inputs.values())) else None

    return vary


def rows(change):
    """More or fewer rows, where the docstring speaks of them."""

    def vary(exercise, one):
        tensors = {n: v for n, v in one.inputs.items() if isinstance(v, torch.Tensor) and v.dim()}
        named = [n for n in named_in(exercise, one, "(batch|K|tasks)") if n in tensors]
        promised = re.search(r"\[(batch|K|tasks)\b|\brows\b|\btask\b", promises(exercise))
        if promised and len({len(t) for t in tensors.values()}) == 1:
            others = {*named_in(exercise, one, "")} - {*named}  # whose first axis is something else
            named = [n for n, t in tensors.items() if n not in others and (t.dim() > 1 or not t.is_floating_point())]
        if not named and len(one.inputs) > 1 and "x" in tensors and tensors["x"].dim() == 2:
            named = ["x"]
        if not named or len(tensors[named[0]]) < 2:
            return None
        return replace(one, inputs=one.inputs | {n: change(tensors[n]) for n in named}, note="")

    return vary


def many(tensor):
    """37 rows, no two alike in sequence."""
    if not tensor.is_floating_point():
        return torch.cat([tensor] * 19)[:37]
    return torch.cat([tensor + 0.25 * k for k in range(19)])[:37]


def is_pairs(value):
    return bool(value) and all(
        isinstance(p, tuple) and len(p) == 2 and all(isinstance(n, int) for n in p) for p in value
    )


def deeper(exercise, one):
    """Five layers of unequal sizes."""
    weights = one.inputs.get("weights")
    if isinstance(weights, list) and weights and isinstance(weights[0], tuple) and has_tensor(weights):
        return deeper_weights(one, weights)
    lists = [v for v in literal_lists(one.code) if is_pairs(v)]
    if len(lists) != 1 or exercise.random:
        return None
    old = lists[0]
    new = [(old[0][0], 3), (3, 5), (5, 2), (2, 4), (4, old[-1][1])]
    count = [sum(a * b + b for a, b in sizes) for sizes in (old, new)]
    inputs = dict(one.inputs)
    for name, value in inputs.items():
        if isinstance(value, torch.Tensor) and value.dim() and value.shape[-1] == count[0] and "flat" in name:
            lead = value.shape[:-1]
            inputs[name] = torch.arange(lead.numel() * count[1]).remainder(7).sub(3.0).reshape(*lead, count[1])
    return relisted(one, inputs, {repr(old): new})


def deeper_weights(one, weights):
    added = [(b.shape[-1], n) for b, n in ((weights[-1][1], 3), (torch.zeros(3), 2), (torch.zeros(2), 4))]
    lead = weights[0][1].shape[:-1]
    more = [
        (
            torch.arange(lead.numel() * a * b).remainder(5).sub(1.5).reshape(*lead, b, a),
            torch.arange(lead.numel() * b).remainder(3).sub(0.5).reshape(*lead, b),
        )
        for a, b in added
    ]
    return replace(one, inputs=one.inputs | {"weights": [*weights, *more]}, note="")


def literal_lists(code):
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.List):
            try:
                found.append(ast.literal_eval(node))
            except ValueError:
                pass
    return found


def relisted(one, inputs, changes):
    """The case with other lists written in its code."""

    class Change(ast.NodeTransformer):
        def visit_List(self, node):
            text = ast.unparse(node)
            return ast.parse(repr(changes[text]), mode="eval").body if text in changes else node

    code = ast.unparse(Change().visit(ast.parse(one.code)))
    return case(code, **{n: v for n, v in inputs.items() if not n.startswith("[")})


def wider(exercise, one):
    """Four hidden sizes in no order."""
    lists = [v for v in literal_lists(one.code) if v and all(type(n) is int for n in v)]
    if re.search(r"bool\(|[<>]", one.code):  # a question about random numbers
        return None
    if not lists or "hidden_sizes" not in inspect.signature(exercise.reference).parameters or "known" in one.inputs:
        return None
    return relisted(one, one.inputs, {repr(v): [v[0], 7, 2, 5] for v in lists})


def with_activation(exercise, one):
    """An activation that is not even, and where twice is not once."""
    code = re.sub(r"torch\.(relu|abs|square)\b", "curve", one.code)
    return None if code == one.code else case(code, **_plain(one.inputs), curve=curve)


def _plain(inputs):
    return {n: v for n, v in inputs.items() if n.isidentifier()}


def curve(h):
    return h * h / 8 + h / 2 + 1


def scaled(factor):
    """The whole numbers in a case's code times a factor, and a little more."""

    def vary(exercise, one):
        makes_layers = inspect.isclass(exercise.reference) or re.search(
            r"nn\.|build_|torch\.(?!float|bfloat)", one.code
        )
        if makes_layers or any(n.isidentifier() for n in one.inputs):
            return None
        number = re.compile(r"(?<![\w.])\d[\d_]*(?![\w.])")
        return case(number.sub(lambda found: str(int(found[0]) * factor + int(found[0]) % 7 + 2), one.code))

    return vary


def argument(exercise, one, name, value):
    """The case with another number for one of the answer's arguments, or None where it takes no such."""
    place = list(inspect.signature(exercise.reference).parameters).index
    changed = []

    class Change(ast.NodeTransformer):
        def visit_Call(self, node):
            self.generic_visit(node)
            if ast.unparse(node.func) == exercise.name:
                changed.append(node)
                node.args[place(name)] = ast.Constant(value)
            return node

    if name not in inspect.signature(exercise.reference).parameters:
        return None
    code = ast.unparse(Change().visit(ast.parse(one.code)))
    return case(code, **_plain(one.inputs)) if changed else None


def steps(n, lr):
    def vary(exercise, one):
        if len(ast.parse(one.code).body) > 2 or "[" in one.code.rpartition(exercise.name)[0]:
            return None
        slow = argument(exercise, one, "lr", lr)
        return slow and argument(exercise, slow, "steps", n)

    return vary


def optimizers(exercise, one):
    code = re.sub(r"torch\.optim\.SGD\(", "torch.optim.Adam(", one.code)
    return None if code == one.code else case(code, **_plain(one.inputs))


class Banned(TorchFunctionMode):
    """Notes whether one of torch's functions is called, whatever name it was called by."""

    def __init__(self):
        super().__init__()
        self.called = set()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in ("linear", "bilinear"):
            self.called.add(name)
        return function(*args, **(kwargs or {}))


def bans(exercise, one):
    if "F.linear" not in exercise.without:
        return None
    return built(
        one.code,
        one.inputs | {"Banned": Banned},
        "mode__ = Banned()\n",
        "with mode__:\n    value__\nsorted(mode__.called)",
    )


def trainable(exercise, one):
    """Does every parameter that a class or builder makes require a gradient?"""
    builds = inspect.isclass(exercise.reference) or exercise.name.startswith("build_")
    if not builds:
        return None
    prelude = f"made__ = []\n{exercise.name} = collected({exercise.name}, made__)\n"
    helpers = {"collected": collected, "flaws": flaws}
    return built(one.code, one.inputs | helpers, prelude, "value__\nflaws(made__)")


def collected(make, made):
    def call(*args, **options):
        module = make(*args, **options)
        alike = any(p.dim() > 1 and len(p) > 1 and p.any() and (p == p[0]).all() for p in module.parameters())
        made.append((module, alike))
        return module

    return call


def flaws(made):
    """What keeps the parameters of modules from learning, as Changes: one that the reference has too is none."""
    found = Changes()
    for module, alike in made:
        found.words |= {"rows that start alike"} if alike else set()
        found.words |= {f"a frozen {name}" for name, p in module.named_parameters() if not p.requires_grad}
    return found


PROBES = [
    Probe("again", "Called a second time, it still knows something from the first", again),
    Probe("handed over", "The result is right, but the call changes what it was given", watched),
    Probe("fractions", "With fractions, and numbers below zero", with_values(signed)),
    Probe("float64", "With numbers of another precision, float64", precise_inputs),
    Probe("zeros", "With zeros", with_values(lambda t: like(t, torch.zeros_like(t)))),
    Probe("strides", "With the same numbers lying elsewhere in memory, not one after the other (lesson 02: `.view`"
          " needs them so, `.reshape` does not)", with_values(spaced, modules=False)),
    Probe("gradients", "A gradient has to get through to what the inputs were computed from", through, values=False),
    Probe("expanded", "With rows that share memory, as `expand` makes them", with_values(expanded, modules=False)),
    Probe("negative weights", "With weights below zero in the model", negative_weights),
    Probe("leading axes", "With two more axes in front", leading(18, 1), most=1),
    Probe("one in front", "With two more axes in front, the first of size 1", leading(1, 2), most=1),
    Probe("one row", "With a single row", rows(lambda t: t[:1])),
    Probe("many rows", "With 37 rows", rows(many)),
    Probe("layers", "With more layers, of unequal sizes", deeper),
    Probe("hidden sizes", "With four hidden layers of unequal sizes", wider),
    Probe("activation", "With an activation of your own", with_activation),
    Probe("large numbers", "With large numbers", scaled(10**6), errors=False),
    Probe("huge numbers", "With numbers beyond 2**53, which a float does not hold exactly (`/` makes floats)",
          scaled(10**17), errors=False),
    Probe("no steps", "With 0 steps", steps(0, 0.01)),
    Probe("many steps", "With 104 steps", steps(104, 0.003), most=1),
    Probe("optimizer", "With an optimizer of another kind", optimizers),
    Probe("trainable", "Its parameters have to be trainable from the start: each requires a gradient, and no two"
          " rows start alike", trainable, values=False),
    Probe("banned", "`linear` does the whole work here, whatever name it is called by. The exercise is to do it"
          " without", bans, values=False),
]  # fmt: skip
