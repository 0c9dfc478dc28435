"""The other hypernetwork libraries, each used the way it is meant to be, with hyperlib's weights in it.

`available()` says which of them are installed.  What had to be adapted:
- hyper-nn 0.2.2 has no hypernetwork with a condition from outside, and a fault keeps its own weight generator from
  being exchanged (`custom_weight_generator_module`), so its base class gets a `generate_params` here; the vector, its
  cutting and the target network are hyper-nn's, and `vmap` makes the batch.  Its vector is one for all layers: where
  each layer has a generator, they are joined.
- hypnettorch 0.0.4 gives weights as a list for each row, which its `MLP` takes for one network at a time; it has no
  network for many.  Its chunked network puts the chunk's embedding before the condition: the columns are exchanged.
- hyperlight 0.0.5 sets weights in the target network by a context; the generator runs once for the batch, and each row
  has its own context.
- For a CNN, hypnettorch makes the weights, and rows go through `functional_call` one after another, as they do in
  its own networks: of a user's CNN it knows nothing.
- A peer's own hypernetwork makes the weights of all layers by one MLP; where hyperlib has one for each layer, the peer
  gets one hypernetwork for each layer as well.  (The rows "one generator" compare the other form.)
"""

import importlib.util
import warnings

import torch
from torch.func import functional_call, vmap
from ways import chunk_inputs, cnn, shell_of

PACKAGES = {"hyper-nn": "hypernn", "hypnettorch": "hypnettorch", "hyperlight": "hyperlight"}


def available():
    """{name: way} of the peers that are installed."""
    ways = {"hyper-nn": hyper_nn, "hypnettorch": hypnettorch, "hyperlight": hyperlight}
    return {name: ways[name] for name, package in PACKAGES.items() if importlib.util.find_spec(package)}


def missing():
    """The names of the peers that are not installed."""
    return [name for name, package in PACKAGES.items() if not importlib.util.find_spec(package)]


def linears(module):
    return [part for part in module.modules() if isinstance(part, torch.nn.Linear)]


def hyper_nn(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # make_functional, which it uses, is old
        from hypernn.torch import TorchHyperNetwork

        class Conditional(TorchHyperNetwork):
            def generate_params(self, z):
                if case.kind == "chunked":
                    flat = case.model.generator.generator(chunk_inputs(case, z)).flatten()
                    return flat[: self.num_target_parameters], {}
                return torch.cat([mlp(z) for mlp, _ in case.groups]) if case.groups[1:] else case.groups[0][0](z), {}

        network = Conditional.from_target(cnn() if case.kind == "images" else shell_of(case.target, device="cpu"))

    def one(z, x):
        return network(x, generate_params_kwargs={"z": z})

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if case.kind == "images":
                data = case.data if case.data.dim() == 5 else case.data.unsqueeze(1)
                return vmap(one)(case.conditioning, data).reshape(*case.data.shape[:-3], 10)
            return (vmap(one) if case.conditioning.dim() == 2 else one)(case.conditioning, case.data)

    return run, case.parameters


def hypnettorch(case):
    warnings.filterwarnings("ignore", "Requested that conditional weights are internally maintained")
    from hypnettorch.hnets import HMLP, ChunkedHMLP
    from hypnettorch.mnets import MLP

    device = case.data.device
    if case.kind == "images":
        return hypnettorch_cnn(case)
    (n_in, _), *_, (_, n_out) = case.target
    network = MLP(n_in, n_out, [out for _, out in case.target[:-1]], no_weights=True, verbose=False)
    if case.kind == "chunked":
        ours = case.model.generator
        hyper = ChunkedHMLP(
            network.param_shapes, ours.generator[-1].out_features, ours.embeddings.shape[1], cond_in_size=8,
            layers=(64,), num_cond_embs=0, verbose=False,
        ).to(device)  # fmt: skip
        *theirs, embeddings = hyper.unconditional_params
        parameters = [embeddings, *theirs]
        needed = [ours.embeddings, *ours.generator.parameters()]
        with torch.no_grad():
            for to, value in zip(parameters, needed, strict=True):
                to.copy_(torch.cat([value[:, 8:], value[:, :8]], 1) if to is parameters[1] else value)
        return (lambda: network(case.data, weights=hyper(cond_input=case.conditioning.unsqueeze(0)))), parameters

    hypers = []
    for mlp, sizes in case.groups:
        shapes = [shape for n_in, n_out in sizes for shape in ([n_out, n_in], [n_out])]
        layers = [layer.out_features for layer in linears(mlp)[:-1]]
        hyper = HMLP(shapes, cond_in_size=64, layers=layers, num_cond_embs=0, verbose=False).to(device)
        with torch.no_grad():
            for to, value in zip(hyper.unconditional_params, mlp.parameters(), strict=True):
                to.copy_(value)
        hypers.append(hyper)
    parameters = [p for hyper in hypers for p in hyper.unconditional_params]
    alone = case.conditioning.dim() == 1
    z = case.conditioning.unsqueeze(0) if alone else case.conditioning

    def run():
        made = zip(*(hyper(cond_input=z, ret_format="sequential") for hyper in hypers), strict=True)
        weights = [[part for of_one in own for part in of_one] for own in made]
        if alone:
            return network(case.data, weights=weights[0])
        return torch.stack([network(x, weights=w) for x, w in zip(case.data, weights, strict=True)])

    return run, parameters


def hypnettorch_cnn(case):
    from hypnettorch.hnets import HMLP

    shapes, shell = [list(shape) for shape in case.model.shapes.values()], cnn()
    layers = [layer.out_features for layer in linears(case.model.generator)[:-1]]
    hyper = HMLP(shapes, cond_in_size=64, layers=layers, num_cond_embs=0, verbose=False).to(case.data.device)
    with torch.no_grad():
        for to, value in zip(hyper.unconditional_params, case.model.generator.parameters(), strict=True):
            to.copy_(value)

    def run():
        made = hyper(cond_input=case.conditioning, ret_format="sequential")
        rows = case.data if case.data.dim() == 5 else case.data.unsqueeze(1)
        calls = [(dict(zip(case.model.shapes, own, strict=True)), x) for own, x in zip(made, rows, strict=True)]
        return torch.stack([functional_call(shell, own, (x,)) for own, x in calls]).reshape(*case.data.shape[:-3], 10)

    return run, list(hyper.unconditional_params)


def hyperlight(case):
    import hyperlight as hl

    target = cnn() if case.kind == "images" else shell_of(case.target, device="cpu")
    shapes = {name: tuple(p.shape) for name, p in target.named_parameters()}
    network = hl.hypernetize(target, parameters=list(target.parameters()))
    names, hypers = iter(shapes), []
    for mlp, sizes in case.groups:
        mine = list(names) if sizes is None else [next(names) for _ in range(2 * len(sizes))]
        hyper = hl.HyperNet(
            input_shapes={"z": (64,)},
            output_shapes={name: shapes[name] for name in mine},
            hidden_sizes=[layer.out_features for layer in linears(mlp)[:-1]],
            encoding=None,
            fc_kws={"nonlinearity": "ReLU"},
        ).to(case.data.device)
        with torch.no_grad():
            for to, value in zip(hyper.parameters(), mlp.parameters(), strict=True):
                to.copy_(value)
        hypers.append(hyper)

    def run():
        made = {name: part for hyper in hypers for name, part in hyper(z=case.conditioning).items()}
        if case.conditioning.dim() == 1:
            with network.using_externals(made):
                return network(case.data)
        # Its generator drops the batch axis of a batch of one.
        parts = {name: part.view(-1, *shapes[name]).unbind() for name, part in made.items()}
        out = []
        one = case.kind == "images" and case.data.dim() == 4
        for b, x in enumerate((case.data.unsqueeze(1) if one else case.data).unbind()):
            with network.using_externals({name: part[b] for name, part in parts.items()}):
                out.append(network(x))
        return torch.cat(out) if one else torch.stack(out)

    return run, [p for hyper in hypers for p in hyper.parameters()]
