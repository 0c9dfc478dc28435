"""What is compared, the work for it, and PyTorch's own ways of doing it (peers.py has the other libraries).

A way is a function of a `Case` that returns `(run, parameters)`: `run()` gives the output, and `parameters` are what is
trained, in the order of the case's own.  All ways of a case compute the same function, with the same weights.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, vmap

from hyperlib import (
    ChunkedHypernetwork,
    HyperNet,
    Hypernetwork,
    ModuleHypernetwork,
    TargetNet,
    count_parameters,
    group_by_condition,
    unflatten_parameters,
)

TARGET = [(128, 64), (64, 32)]


@dataclass
class Case:
    """One piece of work.

    kind: "per row", "per task", "repeated", "one network", "chunked", or "images", a row or more for each CNN.
    conditioning, data: what a model is called with.
    model: hyperlib's, whose weights all the others get.
    groups: its generators, `[(mlp, the target layers that it makes), ...]`.
    """

    name: str
    kind: str
    conditioning: torch.Tensor
    data: torch.Tensor
    model: nn.Module
    groups: list
    target: list = field(default_factory=lambda: TARGET)

    @property
    def parameters(self):
        return list(self.model.parameters())


def per_layer(name, kind, conditioning, data, hidden):
    """A case for hyperlib's `Hypernetwork`, which has a generator for each layer of the target."""
    model = Hypernetwork(64, TARGET, hidden, init="default")
    groups = [(mlp, [size]) for mlp, size in zip(model.generators, TARGET, strict=True)]
    return Case(name, kind, conditioning, data, model, groups)


def one_generator(name, conditioning, data, hidden):
    """A case for hyperlib's `HyperNet`, which has one generator for all layers."""
    model = HyperNet(64, 128, 64, 32, hidden)
    return Case(name, "per row", conditioning, data, model, [(model.generator, TARGET)])


def chunked(name, rows, sizes, chunk_size):
    """A case for `ChunkedHypernetwork`: one small generator, asked once for each chunk of a large target."""
    model = ChunkedHypernetwork(8, sizes, chunk_size, embedding_size=8, hidden_sizes=(64,))
    model.scales = [1.0] * len(sizes)  # the peers do not scale; hyperlib still multiplies
    return Case(name, "chunked", torch.randn(8), torch.randn(rows, sizes[0][0]), model, None, sizes)


def cnn():
    """The small CNN of the cases "images", for 8 x 8 pixels."""
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10))


def images(name, batch, *rows):
    """A case for `ModuleHypernetwork`: a CNN for each condition, for one image or for several."""
    model = ModuleHypernetwork(cnn(), 64, hidden_sizes=(64,), init="default")
    conditioning, data = torch.randn(batch, 64), torch.randn(batch, *rows, 1, 8, 8)
    return Case(name, "images", conditioning, data, model, [(model.generator, None)])


def all_cases(device="cpu", tiny=False):
    """The table's rows, as functions that make them one at a time: their data need not all be there at once."""
    hidden = (16, 16) if tiny else (256, 256)
    kinds, repeats, rows = 8, 4 if tiny else 128, 64 if tiny else 4096
    million = [(20, 30), (30, 10)] if tiny else [(784, 1000), (1000, 212), (212, 10)]
    chunk = 100 if tiny else 10_000
    make = {}
    for batch in (1, 4, 16) if tiny else (1, 64, 512):
        name = f"per row, batch {batch}"
        make[name] = lambda n=name, b=batch: per_layer(n, "per row", torch.randn(b, 64), torch.randn(b, 128), hidden)
    for batch in (1, 4, 16) if tiny else (1, 64, 512):
        name = f"per row, batch {batch}, one generator"
        make[name] = lambda n=name, b=batch: one_generator(n, torch.randn(b, 64), torch.randn(b, 128), hidden)
    name = f"per task, {kinds} of {repeats} rows"
    make[name] = lambda n=name: per_layer(
        n, "per task", torch.randn(kinds, 64), torch.randn(kinds, repeats, 128), hidden
    )
    name_repeated = f"repeated conditions, {kinds} among {kinds * repeats} rows"
    make[name_repeated] = lambda n=name_repeated: per_layer(
        n, "repeated", torch.randn(kinds, 64)[torch.arange(kinds * repeats) % kinds],
        torch.randn(kinds * repeats, 128), hidden,
    )  # fmt: skip
    name_one = f"one network, {rows:,} rows"
    make[name_one] = lambda n=name_one: per_layer(n, "one network", torch.randn(64), torch.randn(rows, 128), hidden)
    name_chunked = f"chunked, {count_parameters(million):,} parameters, 64 rows"
    make[name_chunked] = lambda n=name_chunked: chunked(n, 64, million, chunk)

    for batch, *own in ((2,), (3, 4)) if tiny else ((64,), (8, 64)):
        name = f"a CNN for each of {batch} conditions, {f'{own[0]} images' if own else '1 image'} each"
        make[name] = lambda n=name, b=batch, r=own: images(n, b, *r)

    def on_device(build):
        torch.manual_seed(0)
        case = build()
        case.model.to(device)
        case.conditioning, case.data = case.conditioning.to(device), case.data.to(device)
        return case

    return {name: lambda build=build: on_device(build) for name, build in make.items()}


def flat_parts(flat, sizes):
    """[(weight, bias), ...] out of a flat vector."""
    parts = flat.split([n for n_in, n_out in sizes for n in (n_in * n_out, n_out)], dim=-1)
    return [
        (weight.unflatten(-1, (n_out, n_in)), bias)
        for weight, bias, (n_in, n_out) in zip(parts[::2], parts[1::2], sizes, strict=True)
    ]


def chunk_inputs(case, conditioning):
    """What the generator of a chunked case is asked: the condition beside each chunk's embedding."""
    embeddings = case.model.generator.embeddings
    return torch.cat([conditioning.expand(len(embeddings), -1), embeddings], dim=-1)


def made_by(case, conditioning=None):
    """The generated weights `[(weight, bias), ...]`, by matrix products and views alone."""
    conditioning = case.conditioning if conditioning is None else conditioning
    if case.kind == "chunked":
        flat = case.model.generator.generator(chunk_inputs(case, conditioning)).flatten()
        return flat_parts(flat[: count_parameters(case.target)], case.target)
    return [pair for mlp, sizes in case.groups for pair in flat_parts(mlp(conditioning), sizes)]


def in_a_loop(case, unbind):
    """The CNNs of a case "images" one after another, through `functional_call`."""
    shell, names = cnn(), list(case.model.shapes)

    def run():
        parts = cnn_parts(case).values()
        each = zip(*(part.unbind() for part in parts), strict=True) if unbind else None
        each = each or ([part[b] for part in parts] for b in range(len(case.data)))
        rows = case.data if case.data.dim() == 5 else case.data.unsqueeze(1)
        made = [
            functional_call(shell, dict(zip(names, own, strict=True)), (x,)) for x, own in zip(rows, each, strict=True)
        ]
        return torch.stack(made) if case.data.dim() == 5 else torch.cat(made)

    return run, case.parameters


def cnn_parts(case):
    return unflatten_parameters(case.groups[0][0](case.conditioning), case.model.shapes)


def mlp_forward(x, pairs, layer=F.linear):
    for i, (weight, bias) in enumerate(pairs):
        x = layer(x, weight, bias)
        if i < len(pairs) - 1:
            x = torch.relu(x)
    return x


def shell_of(sizes, device="meta"):
    layers = [part for size in sizes for part in (nn.Linear(*size, device=device), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


# The ways


def hyperlib(case):
    model, conditioning, data = case.model, case.conditioning, case.data
    if case.kind == "images":

        def run():
            return model(conditioning, data, many=data.dim() == 5)

    elif case.kind == "repeated":

        def run():
            conditions, index = group_by_condition(conditioning)
            return model(conditions, data, index)

    elif isinstance(model, HyperNet):
        target = TargetNet()

        def run():
            return target(data, model(conditioning))

    else:

        def run():
            return model(conditioning, data)

    return run, case.parameters


def loop(case):
    """Row after row, or task after task, with `weight[b]`: what one writes first."""
    if case.kind == "images":
        return in_a_loop(case, unbind=False)

    def run():
        pairs = made_by(case)
        if pairs[0][0].dim() == 2:
            return mlp_forward(case.data, pairs)
        return torch.stack([mlp_forward(x, [(w[b], c[b]) for w, c in pairs]) for b, x in enumerate(case.data)])

    return run, case.parameters


def loop_unbind(case):
    """The same with `unbind`, so that the backward pass is not quadratic."""
    if case.kind == "images":
        return in_a_loop(case, unbind=True)

    def run():
        pairs = made_by(case)
        if pairs[0][0].dim() == 2:
            return mlp_forward(case.data, pairs)
        parts = zip(*(part.unbind() for pair in pairs for part in pair), strict=True)
        return torch.stack(
            [
                mlp_forward(x, list(zip(own[::2], own[1::2], strict=True)))
                for x, own in zip(case.data.unbind(), parts, strict=True)
            ]
        )

    return run, case.parameters


def vmap_functional_call(case):
    """`vmap` of `functional_call`: an ordinary module as a shell for the generated weights."""
    shell = cnn() if case.kind == "images" else shell_of(case.target)
    names = [name for name, _ in shell.named_parameters()]

    def one(x, parts):
        return functional_call(shell, dict(zip(names, parts, strict=True)), (x,))

    def run():
        if case.kind == "images":
            data = case.data if case.data.dim() == 5 else case.data.unsqueeze(1)
            return vmap(one)(data, tuple(cnn_parts(case).values())).reshape(*case.data.shape[:-3], 10)
        parts = tuple(part for pair in made_by(case) for part in pair)
        return (vmap(one) if parts[0].dim() == 3 else one)(case.data, parts)

    return run, case.parameters


def floor(case):
    """The least that PyTorch's products allow: the generator's, and one `baddbmm` a layer, with nothing around them.

    For repeated conditions it is told beforehand which rows belong together.
    """
    conditioning, x, kind = case.conditioning, case.data, case.kind
    if kind == "images":
        return images_floor(case)
    if kind == "repeated":
        kinds = len(torch.unique(conditioning, dim=0))
        order = torch.arange(len(x), device=x.device).view(-1, kinds).T.flatten()  # the rows came in turn: 0, ..., 7, 0
        back, conditioning = order.argsort(), conditioning[:kinds]
        x = x[order].unflatten(0, (kinds, -1))

    def layer(x, weight, bias):
        return torch.baddbmm(bias.unsqueeze(1), x, weight.mT)

    def run():
        pairs = made_by(case, conditioning)
        if pairs[0][0].dim() == 2:
            return mlp_forward(x, pairs)
        if kind == "per row":
            return mlp_forward(x.unsqueeze(1), pairs, layer).squeeze(1)
        out = mlp_forward(x, pairs, layer)
        return out.flatten(0, 1)[back] if kind == "repeated" else out

    return run, case.parameters


def images_floor(case):
    """One convolution by groups for each layer of all CNNs, and one `baddbmm`."""
    data = case.data if case.data.dim() == 5 else case.data.unsqueeze(1)
    networks, n = data.shape[:2]

    def run():
        parts, x = list(cnn_parts(case).values()), data.transpose(0, 1).flatten(1, 2)  # [n, B * channels, 8, 8]
        for weight, bias in zip(parts[0:4:2], parts[1:4:2], strict=True):
            x = F.conv2d(x, weight.flatten(0, 1), bias.flatten(), padding=1, groups=networks)
            x = F.max_pool2d(torch.relu(x), 2)
        x = x.unflatten(1, (networks, -1)).transpose(0, 1).flatten(2)
        return torch.baddbmm(parts[5].unsqueeze(1), x, parts[4].mT).reshape(*case.data.shape[:-3], 10)

    return run, case.parameters


def own_weights(case):
    """The same MLP with weights of its own: what the one network costs if nothing has to be generated."""
    net = shell_of(case.target, device=case.data.device)
    with torch.no_grad():
        for own, made in zip(net.parameters(), (part for pair in made_by(case) for part in pair), strict=True):
            own.copy_(made)
    return (lambda: net(case.data)), list(net.parameters())


OWN_WAYS = {
    "hyperlib": hyperlib,
    "loop": loop,
    "loop, unbind": loop_unbind,
    "vmap": vmap_functional_call,
    "floor": floor,
    "own weights": own_weights,
}


def takes_part(name, case):
    """Whether a way is in the table for this case."""
    rows = len(case.data) if case.data.dim() == 2 else 0
    if name == "own weights":
        return case.kind == "one network"
    if name == "loop":  # quadratic in the rows: minutes for a thousand
        return not (case.kind == "repeated" and rows > 512)
    if name == "loop, unbind":
        return case.kind not in ("one network", "chunked")
    if name == "hyperlight":  # it has no chunks
        return case.kind != "chunked"
    return True
