"""How an exercise is declared: reference, cases, mistakes, hints and points, in one place.

@exercise(
    points=1,
    cases=[case("layer_parameters(1, 1)"), case("layer_parameters(3, 2)")],
    hints=["A weight for every pair of an input and an output."],
)
def layer_parameters(n_in, n_out):
    "Number of weights and biases of one dense layer."
    return n_in * n_out + n_out

mistakes(layer_parameters, {
    "The biases are left out.": "n_in * n_out + n_out -> n_in * n_out",
    "A layer has one bias for each output, not for each input.": "+ n_out -> + n_in",
})
"""

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass, field
from functools import cached_property

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

    @cached_property
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


@dataclass
class Mistake:
    """A wrong answer that people give: it works, it is wrong, and `explanation` says what was mixed up."""

    explanation: str
    exercise: "Exercise"
    wrong: object  # edits of the solution, each "old -> new", or the wrong answer itself

    @property
    def name(self):
        """The first sentence of its explanation, under which it is counted."""
        return re.split(r"(?<=[.!?:]) ", self.explanation)[0].rstrip(".:")

    @property
    def source(self):
        """The wrong answer as a learner would have typed it; None for one that is made by a call or a lambda."""
        if callable(self.wrong):
            try:
                source = undecorated_source(self.wrong)
            except (OSError, SyntaxError):
                return None
            name = f" {self.wrong.__name__}("
            return source.replace(name, f" {self.exercise.name}(") if name in source.partition("\n")[0] else None
        source = self.exercise.solution
        for edit in self.wrong:
            old, arrow, new = edit.partition(" -> ")
            if not arrow or source.count(old) != 1:
                raise ValueError(
                    f"{self.exercise.name}: an edit is 'old -> new', and old has to be in the solution once. "
                    f"{edit!r} has it {source.count(old)} times"
                )
            source = source.replace(old, new)
        return source

    @cached_property
    def implementation(self):
        if callable(self.wrong):
            return self.wrong
        namespace = dict(vars(inspect.getmodule(self.exercise.reference)))
        exec(compile(self.source, f"<{self.name}>", "exec"), namespace)
        return namespace[self.exercise.name]


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


def mistakes(reference, wrong):
    """Declare wrong answers that people give to the exercise of `reference`: {explanation: wrong answer}.

    A wrong answer is an edit of the solution, "old -> new", a list of edits that are made together, or a function or
    class.  A tuple holds several wrong answers with the same explanation.  Its first sentence names the mistake.
    """
    exercise = EXERCISES[reference.__name__]
    for explanation, variants in wrong.items():
        for variant in variants if isinstance(variants, tuple) else (variants,):
            edits = [variant] if isinstance(variant, str) else variant
            exercise.mistakes.append(Mistake(explanation, exercise, edits))


def stub(reference):
    """Decorator of what the notebook's cell holds at first (a class to fill in, or the broken code to fix)."""

    def declare(implementation):
        EXERCISES[reference.__name__].stub = implementation
        return implementation

    return declare


def undecorated_source(thing):
    """The source of a function or class without its decorators, and without what only the formatter reads."""
    source = textwrap.dedent(inspect.getsource(thing)).replace("  # fmt: skip", "")
    first = ast.parse(source).body[0].lineno  # of `def` or `class`; decorators are above it
    return "\n".join(source.splitlines()[first - 1 :]) + "\n"
