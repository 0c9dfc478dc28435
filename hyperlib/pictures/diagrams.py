"""Diagrams: what goes into what, as boxes and arrows.

Drawn by us, since not every place that shows a notebook draws Mermaid, and those that do give it no alternative text.
"""

from dataclasses import dataclass

from matplotlib.patches import FancyArrowPatch

from .still import Picture, figure

WIDTH = 6.0  # inches
EDGE, FILL, OWN = "#0072b2", "#dcecf9", "#ffffff"


@dataclass
class Diagram:
    """Boxes at (x, y), in inches from the left and from the top, and the arrows between them.

    What goes in or comes out has a round box without a fill.
    """

    title: str
    words: str  # what the diagram shows, for those who do not see it
    height: float
    boxes: dict  # name -> (x, y, text)
    arrows: list  # (from, to), or (from, to, label); "gradient" is dashed
    round: tuple = ()


DIAGRAMS = {
    "hypernetwork": Diagram(
        "A hypernetwork generates the weights of a target network",
        "z goes into the hypernetwork, whose output is the weights of the target network. "
        "x goes into the target network, and y comes out of it.",
        2.1,
        {
            "z": (0.6, 0.45, "z"),
            "x": (0.6, 1.65, "x"),
            "H": (3.0, 0.45, "hypernetwork\n(is trained)"),
            "T": (3.0, 1.65, "target network\n(owns no weights)"),
            "y": (5.4, 1.65, "y"),
        },
        [("z", "H"), ("H", "T", "weights"), ("x", "T"), ("T", "y")],
        ("z", "x", "y"),
    ),
    "training": Diagram(
        "From z to the loss, and the gradient all the way back",
        "z goes through the generator to a flat vector, which is cut into w1, b1, w2 and b2. The target network uses "
        "them on x to give y, and y gives a loss. The gradient goes back along the same way to the generator.",
        2.9,
        {
            "z": (0.4, 0.45, "z"),
            "G": (1.5, 0.45, "generator"),
            "f": (3.1, 0.45, "flat vector"),
            "W": (4.9, 0.45, "w1, b1, w2, b2"),
            "x": (3.1, 1.5, "x"),
            "T": (4.9, 1.5, "target network"),
            "L": (4.9, 2.5, "loss"),
        },
        [("z", "G"), ("G", "f"), ("f", "W"), ("W", "T"), ("x", "T"), ("T", "L", "y"), ("L", "G", "gradient")],
        ("z", "x", "L"),
    ),
    "conditional": Diagram(
        "The conditional hypernetwork, a weight generator for each layer",
        "The condition goes into one weight generator for each target layer. Generator 0 puts out the flat weights of "
        "layer 0, generator 1 those of layer 1. The data go through layer 0, an activation and layer 1, to the output.",
        3.0,
        {
            "c": (3.1, 0.35, "condition"),
            "g0": (1.9, 1.2, "weight_gen_0"),
            "g1": (4.3, 1.2, "weight_gen_1"),
            "x": (0.55, 2.55, "data"),
            "l0": (1.9, 2.55, "layer 0"),
            "l1": (4.3, 2.55, "layer 1"),
            "y": (5.5, 2.55, "output"),
        },
        [
            ("c", "g0"),
            ("c", "g1"),
            ("g0", "l0", "flat weights"),
            ("g1", "l1", "flat weights"),
            ("x", "l0"),
            ("l0", "l1", "activation"),
            ("l1", "y"),
        ],
        ("c", "x", "y"),
    ),
    "chunks": Diagram(
        "One generator makes all chunks",
        "The condition and the embedding of chunk k go into one generator, which puts out chunk k. This happens for "
        "every k. The chunks are joined, the surplus is dropped, and the flat vector is cut into w1, b1, w2 and b2.",
        3.6,
        {
            "c": (1.5, 0.35, "condition"),
            "e": (4.2, 0.35, "embedding of chunk k"),
            "g": (2.9, 1.2, "one small generator"),
            "f": (2.9, 2.2, "flat vector"),
            "w": (2.9, 3.2, "w1, b1, w2, b2"),
        },
        [("c", "g"), ("e", "g"), ("g", "f", "chunk k, for every k"), ("f", "w", "without the surplus")],
        ("c", "e"),
    ),
}


def plot_diagram(name):
    """One of the course's diagrams by its name, as boxes and arrows; KeyError if there is no such diagram."""
    diagram = DIAGRAMS[name]
    fig = figure(WIDTH, diagram.height)
    fig.set_layout_engine("none")
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(diagram.height, 0))
    ax.axis("off")
    shown = {}
    for box, (x, y, text) in diagram.boxes.items():
        shape = "round,pad=0.6,rounding_size=0.7" if box in diagram.round else "round,pad=0.6,rounding_size=0.2"
        look = dict(boxstyle=shape, edgecolor=EDGE, facecolor=OWN if box in diagram.round else FILL, linewidth=1.3)
        shown[box] = ax.text(x, y, text, ha="center", va="center", fontsize=11, bbox=look, zorder=3)
    fig.canvas.draw()  # the boxes know their sizes only now
    for start, end, *label in diagram.arrows:
        (x0, y0, _), (x1, y1, _) = diagram.boxes[start], diagram.boxes[end]
        back = label == ["gradient"]
        ax.add_patch(
            FancyArrowPatch(
                (x0, y0),
                (x1, y1),
                patchA=shown[start].get_bbox_patch(),
                patchB=shown[end].get_bbox_patch(),
                connectionstyle="angle,angleA=180,angleB=90,rad=12" if back else "arc3",
                arrowstyle="-|>",
                mutation_scale=14,
                shrinkA=0,
                shrinkB=1,
                linestyle="--" if back else "-",
                color="#555555",
            )
        )
        if label:
            ax.text(
                (x0 + x1) / 2,
                y0 if back else (y0 + y1) / 2,
                label[0],
                ha="center",
                va="center",
                fontsize=10,
                backgroundcolor="white",
                zorder=4,
            )
    return Picture(fig, f"Diagram. {diagram.title}. {diagram.words}")
