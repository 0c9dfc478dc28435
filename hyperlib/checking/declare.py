"""How an exercise is declared: reference, cases, mistakes, hints and points, in one place.

@exercise(
    points=1,
    cases=[case("layer_parameters(1, 1)"), case("layer_parameters(3, 2)")],
    hints=["A weight for every pair of an input and an output."],
)
def layer_parameters(n_in, n_out):
    "Number of weights and biases of one dense layer."
    return n_in * n_out + n_out

@mistake(layer_parameters, "This is what comes out if the biases are left out.")
def no_biases(n_in, n_out):
    return n_in * n_out
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass, field

import torch

EXERCISES = globals().get("EXERCISES", {})  # name -> Exercise, in the order of the lessons; outlives a reload


@dataclass
class Case:
    """Code that uses the learner's answer, and its named inputs; its last line is the value that counts."""

    code: str
    inputs: dict
    before: object  # all lines but the last, compiled
    last: object  # the last line, an expression
    note: str = ""  # said where this is the first case that fails: what is new in it


@dataclass
class Mistake:
    """A wrong answer that people give: it works, it is wrong, and `explanation` says what was mixed up."""

    name: str
    explanation: str
    implementation: object


@dataclass
class Exercise:
    name: str
    reference: object  # the right answer; its source is the solution that the learner can unfold
    points: int
    cases: list  # from simple to tricky: the first that fails is the one that is shown
    hints: list
    gradients: bool  # compare also the gradients that reach the cases' inputs
    without: tuple = ()  # names that would do the exercise's own work, such as "F.linear"
    random: bool = False  # the answer draws random numbers, which need not be the reference's
    stub: object = None  # what the notebook's cell holds at first, where that is more than an empty function
    mistakes: list = field(default_factory=list)
    skip: dict = field(default_factory=dict)  # probe name -> why it does not fit here

    @property
    def solution(self):
        """The source of the reference, as a learner would have written it."""
        return undecorated_source(self.reference)

    @property
    def blank(self):
        """The source of the notebook's cell before anything was filled in."""
        if self.stub is not None:
            return undecorated_source(self.stub).replace(self.stub.__name__, self.name)
        node = ast.parse(self.solution).body[0]
        code_begins = node.body[1].lineno  # below signature and docstring
        return "\n".join(self.solution.splitlines()[: code_begins - 1]).rstrip() + "\n    ...\n"


def case(code, note="", **inputs):
    """A case: code that uses the answer by its name, and inputs by theirs.

    `case("linear(x, weight, bias)", x=counting(2, 3), ...)`.  Inputs may be numbers, tensors, lists of them, or
    modules; every run gets fresh copies.  Use small whole numbers, which are the same on every processor.  The note
    is shown where this is the first case that fails, and no mistake has a name.
    """
    code = textwrap.dedent(code).strip()
    tree = ast.parse(code)
    literals = ListLiterals()
    last = ast.Expression(literals.visit(tree.body.pop().value))
    return Case(code, inputs | literals.found, compile(tree, "<case>", "exec"), compile(last, "<case>", "eval"), note)


class ListLiterals(ast.NodeTransformer):
    """Turns a list that is written out as an argument into an input, so that a change of it is noticed too."""

    def __init__(self):
        self.found = {}

    def visit_Call(self, node):
        for i, argument in enumerate(node.args):
            try:
                value = ast.literal_eval(argument)
            except ValueError:
                node.args[i] = self.visit(argument)
                continue
            if isinstance(value, list):
                name = ast.unparse(argument)  # its own text: no identifier, so it cannot hide another name
                self.found[name] = value
                node.args[i] = ast.copy_location(ast.Name(name, ast.Load()), argument)
        return node


def counting(*shape, start=1):
    """A float tensor that counts start, start + 1, ... in row-major order: every number tells its place."""
    count = torch.Size(shape).numel()
    return torch.arange(start, start + count, dtype=torch.float32).reshape(shape)


def exercise(*, points, cases, hints, gradients=False, without=(), random=False, skip=()):
    """Decorator of the right answer: declares it as the exercise of that name."""

    def declare(reference):
        name = reference.__name__
        if name in EXERCISES and EXERCISES[name].reference.__module__ != reference.__module__:
            raise ValueError(f"there are two exercises of the name {name!r}")
        EXERCISES[name] = Exercise(name, reference, points, cases, hints, gradients, without, random, skip=dict(skip))
        return reference

    return declare


def mistake(reference, explanation, *variants):
    """Decorator of a wrong answer to the exercise of `reference`; its function name names the mistake.

    `variants` are further wrong answers with the same explanation.
    """

    def declare(implementation):
        for each in (implementation, *variants):
            EXERCISES[reference.__name__].mistakes.append(Mistake(implementation.__name__, explanation, each))
        return implementation

    return declare


def stub(reference):
    """Decorator of what the notebook's cell holds at first (a class to fill in, or the broken code to fix)."""

    def declare(implementation):
        EXERCISES[reference.__name__].stub = implementation
        return implementation

    return declare


def undecorated_source(thing):
    """The source of a function or class without its decorators, and without what only the formatter reads."""
    source = textwrap.dedent(inspect.getsource(thing)).replace("  # fmt: skip", "")
    first = ast.parse(source).body[0].lineno  # of `def` or `class`; decorators stand above it
    return "\n".join(source.splitlines()[first - 1 :]) + "\n"
