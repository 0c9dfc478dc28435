"""Any module as the target: `ModuleHypernetwork` against the module itself, one condition after another."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.utils.checkpoint import checkpoint

from hyperlib import (
    ModuleHypernetwork,
    count_module,
    flatten_parameters,
    gradient_reaches,
    parameter_shapes,
    unflatten_parameters,
)

torch.manual_seed(0)


class Tied(nn.Module):
    """An embedding whose weight is the last layer's as well."""

    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, numbers):
        return self.out(self.embed(numbers))


class Residual(nn.Module):
    """No chain: goes through vmap."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.GroupNorm(1, 2)
        self.register_buffer("shift", torch.ones(2, 1, 1))

    def forward(self, x):
        return x + torch.relu(self.norm(self.conv(x))) + self.shift


def cnn():
    layers = [nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding="same", groups=2)]
    return nn.Sequential(*layers, nn.Tanh(), nn.Flatten(), nn.Linear(96, 5))


def with_norm():
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 2)).eval()


def one_by_one(model, conditioning, x, many, **options):
    """Each condition's module by itself, with nothing of hyperlib but the weights."""
    outs, weights = [], model.generate(conditioning)
    for b in range(len(conditioning)):
        own = {other: w[b] for name, w in weights.items() for other in model._names[name]}
        out = functional_call(model.module, own, (x[b] if many else x[b : b + 1],), options)
        outs.append(out if many else out.squeeze(0))
    return torch.stack(outs)


IMAGE = (1, 8, 8)
TARGETS = {
    "dense": (lambda: nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)), (5,), {}),
    "dense on sequences": (lambda: nn.Linear(5, 3), (6, 5), {}),
    "no bias": (lambda: nn.Linear(5, 3, bias=False), (5,), {}),
    "cnn": (cnn, IMAGE, {}),
    "cnn, some": (cnn, IMAGE, dict(only=["0", "6.weight"])),
    "cnn, chunked": (cnn, IMAGE, dict(chunk_size=50)),
    "stride and dilation": (lambda: nn.Sequential(nn.Conv2d(1, 3, 3, stride=2, dilation=2)), IMAGE, {}),
    "padding of another kind": (
        lambda: nn.Sequential(nn.Conv2d(1, 3, 3, padding=1, padding_mode="circular")),
        IMAGE,
        {},
    ),
    "conv1d": (lambda: nn.Conv1d(3, 4, 3), (3, 8), {}),
    "transposed": (lambda: nn.ConvTranspose2d(1, 4, 3, stride=2), IMAGE, {}),
    "layer norm": (lambda: nn.Sequential(nn.Linear(5, 4), nn.LayerNorm(4), nn.Linear(4, 2)), (5,), {}),
    "batch norm in use": (with_norm, IMAGE, {}),
    "batch norm, own": (with_norm, IMAGE, dict(only=["0", "4"])),
    "residual": (Residual, (2, 4, 4), {}),
    "attention": (lambda: nn.TransformerEncoderLayer(8, 2, 16, dropout=0, batch_first=True), (5, 8), {}),
    "weight norm": (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(5, 3)), (5,), {}),
    "meta": (lambda: nn.Sequential(nn.Linear(5, 3, device="meta")), (5,), {}),
}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("many", [False, True], ids=["a row each", "many rows each"])
def test_each_network_equals_the_module_with_its_weights(name, many):
    build, shape, options = TARGETS[name]
    module = build()
    model = ModuleHypernetwork(module, 3, **options)
    shapes = parameter_shapes(module, options.get("only"))
    conditioning = torch.randn(4, 3)
    assert {key: tuple(w.shape) for key, w in model.generate(conditioning).items()} == {
        key: (4, *shape) for key, shape in shapes.items()
    }
    x = torch.randn(4, *([6] if many else []), *shape)
    out = model(conditioning, x, many=many)
    torch.testing.assert_close(out, one_by_one(model, conditioning, x, many), atol=1e-4, rtol=1e-4)
    assert all(gradient_reaches(out.square().sum(), model).values())
    again = model(conditioning.view(2, 2, 3), x.unflatten(0, (2, 2)), many=many)  # any leading axes
    torch.testing.assert_close(again.flatten(0, 1), out, atol=1e-4, rtol=1e-4)
    none = model(conditioning[:0], x[:0], many=many)
    assert none.shape == (0, *out.shape[1:]) and none.requires_grad


def test_one_condition_is_the_module_itself():
    model = ModuleHypernetwork(cnn(), 3)
    conditioning, x = torch.randn(3), torch.randn(9, *IMAGE)
    weights = model.generate(conditioning)
    assert list(weights) == [name for name, _ in cnn().named_parameters()]
    torch.testing.assert_close(model(conditioning, x), functional_call(cnn(), weights, (x,)))
    norm = ModuleHypernetwork(nn.BatchNorm1d(5), 3)  # in training, with one network, statistics have a meaning
    norm(conditioning, torch.randn(50, 5) + 3)
    assert norm.module.running_mean.min() > 0.2


def test_tied_parameters_are_generated_once():
    module = Tied()
    numbers, conditioning = torch.randint(7, (4, 3)), torch.randn(4, 3)
    for only in (None, ["embed"], ["out.weight"]):
        model = ModuleHypernetwork(module, 3, only)
        assert model.shapes == {"embed.weight": (7, 4)} and not list(model.module.parameters())
        out = model(conditioning, numbers)
        weight = model.generate(conditioning)["embed.weight"]
        torch.testing.assert_close(out, weight[torch.arange(4)[:, None], numbers] @ weight.mT)


def test_modules_with_several_inputs_and_outputs():
    x, conditioning = torch.randn(4, 5, 8), torch.randn(4, 3)
    model = ModuleHypernetwork(nn.MultiheadAttention(8, 2, batch_first=True), 3)
    out, weights = model(conditioning, x, key=x, value=x)
    assert out.shape == (4, 5, 8) and weights.shape == (4, 5, 5)
    alone, nothing = model(conditioning, x, x, x, need_weights=False)
    assert nothing is None
    torch.testing.assert_close(alone, out)
    one, _ = model(conditioning[2], x[2:3], x[2:3], x[2:3])
    torch.testing.assert_close(one[0], out[2])


def test_recurrent_modules():
    model = ModuleHypernetwork(nn.LSTM(5, 4, batch_first=True, bidirectional=True), 3)
    conditioning, x = torch.randn(4, 3), torch.randn(4, 6, 5)
    out, (hidden, _) = model(conditioning, x)
    assert out.shape == (4, 6, 8) and hidden.shape[0] == 4
    torch.testing.assert_close(model(conditioning[1], x[1:2])[0][0], out[1])
    assert all(gradient_reaches(out.square().sum(), model).values())


def test_what_is_not_generated_is_the_copy_s_own():
    module = cnn()
    before = copy.deepcopy(module.state_dict())
    model = ModuleHypernetwork(module, 3, only=["6"])
    own = sum(p.numel() for name, p in module.named_parameters() if not name.startswith("6"))
    assert count_module(model) == count_module(model.generator) + own
    model(torch.randn(4, 3), torch.randn(4, *IMAGE)).sum().backward()
    torch.optim.SGD(model.parameters(), 0.1).step()
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert not torch.equal(model.module[0].weight, module[0].weight)


def test_dropout_draws_a_mask_for_each_network():
    class Dropped(nn.Module):  # no chain
        def __init__(self):
            super().__init__()
            self.layer, self.drop = nn.Linear(5, 200), nn.Dropout(0.5)

        def forward(self, x):
            return self.drop(self.layer(x))

    for module in (Dropped(), nn.Sequential(nn.Linear(5, 200), nn.Dropout(0.5))):
        model, same = ModuleHypernetwork(module, 3), torch.ones(1, 3).expand(4, 3)
        zeros = model(same, torch.ones(4, 5)) == 0
        assert 0.4 < zeros.float().mean() < 0.6 and not torch.equal(zeros[0], zeros[1])
        model.eval()
        assert (model(same, torch.ones(4, 5)) != 0).all()


@pytest.mark.parametrize("module", [cnn(), Residual()], ids=["chain", "vmap"])
class TestAsAModule:
    def call(self, module, **options):
        model = ModuleHypernetwork(module, 3, **options)
        shape = IMAGE if isinstance(module, nn.Sequential) else (2, 4, 4)
        return model, torch.randn(4, 3), torch.randn(4, *shape)

    def test_state_dict_deepcopy_and_pickle(self, module):
        model, conditioning, x = self.call(module, chunk_size=7)
        other = ModuleHypernetwork(module, 3, chunk_size=7)
        other.load_state_dict(model.state_dict())
        for same in (other, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert torch.equal(same(conditioning, x), model(conditioning, x))

    def test_float64(self, module):
        model, conditioning, x = self.call(module)
        expected = model(conditioning, x)
        out = model.double()(conditioning.double(), x.double())
        torch.testing.assert_close(out, expected.double(), atol=1e-4, rtol=1e-4)
        assert ModuleHypernetwork(copy.deepcopy(module).double(), 3).generator[0].weight.dtype == torch.float64

    def test_compile_makes_one_graph_of_it(self, module):
        torch.compiler.reset()
        model, conditioning, x = self.call(module)
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
        torch.testing.assert_close(compiled(conditioning, x), model(conditioning, x))

    def test_autocast(self, module):
        model, conditioning, x = self.call(module)
        expected = model(conditioning, x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = model(conditioning, x)
        torch.testing.assert_close(out.float(), expected, atol=0.15, rtol=0.15)
        out.float().sum().backward()

    def test_double_backward_and_checkpointing(self, module):
        model, conditioning, x = self.call(module)
        conditioning.requires_grad_()
        (grad,) = torch.autograd.grad(model(conditioning, x).square().sum(), conditioning, create_graph=True)
        again = checkpoint(model, conditioning, x, use_reentrant=False).square().sum()
        (same,) = torch.autograd.grad(again, conditioning)
        torch.testing.assert_close(grad, same)
        grad.square().sum().backward()
        assert conditioning.grad.any()


@pytest.mark.parametrize("chunk_size", [None, 100])
def test_the_start_keeps_the_signal_s_size(chunk_size):
    """ "hyperfan_in" by each tensor's own fan-in: every layer's output has a mean square of about 1 to 4."""
    torch.manual_seed(0)
    layers = [
        nn.Conv2d(3, 32, 3, padding=1),
        nn.GroupNorm(4, 32),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1, bias=False),
    ]
    module = nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), nn.Linear(32 * 64, 10))
    model = ModuleHypernetwork(module, 16, hidden_sizes=(256,), chunk_size=chunk_size)
    conditioning, x = torch.randn(16, 16), torch.randn(16, 3, 8, 8)
    weights = model.generate(conditioning)
    assert weights["1.weight"].mean().item() == pytest.approx(1, abs=0.1)
    for name, fan_in in {"0.weight": 27, "3.weight": 288 / 2, "6.weight": 2048}.items():  # no bias: twice the variance
        assert weights[name].var().item() == pytest.approx(1 / fan_in, rel=0.4), name
    assert 0.5 < model(conditioning, x).square().mean() < 5


def test_the_other_starts():
    module, conditioning = cnn(), torch.randn(4, 3)
    small = ModuleHypernetwork(module, 3, init="small").generate(conditioning)
    assert max(w.abs().max() for w in small.values()) < 0.3
    own = ModuleHypernetwork(module, 3, init="last_bias").generate(conditioning)
    for name, p in module.named_parameters():
        assert (own[name] - p).abs().max() < 0.3
    torch.manual_seed(1)
    default = ModuleHypernetwork(module, 3, init="default")
    torch.manual_seed(1)
    layers = nn.Linear(3, 64), nn.Linear(64, count_module(module))
    layers = [layer.reset_parameters() or layer for layer in layers]  # drawn once when made, and again when started
    assert torch.equal(default.generator[2].bias, layers[1].bias)


def test_flat_vectors_and_dicts():
    shapes = parameter_shapes(cnn())
    assert shapes == {name: tuple(p.shape) for name, p in cnn().named_parameters()}
    assert list(parameter_shapes(cnn(), ["6", "0.bias"])) == ["0.bias", "6.weight", "6.bias"]
    flat = torch.arange(2.0 * count_module(cnn())).view(2, -1)
    weights = unflatten_parameters(flat, shapes)
    assert {name: tuple(w.shape) for name, w in weights.items()} == {name: (2, *s) for name, s in shapes.items()}
    assert weights["0.weight"]._base is not None and torch.equal(flatten_parameters(weights, shapes), flat)
    with pytest.raises(ValueError, match=r"flat has shape \[2, 3\], but its last axis must be 639"):
        unflatten_parameters(flat[:, :3], shapes)
    with pytest.raises(ValueError, match="weights has 0.weight, but shapes has 0.weight, 0.bias"):
        flatten_parameters({"0.weight": weights["0.weight"]}, shapes)
    weights["6.bias"] = weights["6.bias"][0]
    with pytest.raises(ValueError, match=r"6.bias has shape \[5\], but it needs \[2, 5\]"):
        flatten_parameters(weights, shapes)


DENSE = nn.Sequential(nn.Linear(5, 3))


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: ModuleHypernetwork(nn.Linear, 3), TypeError, "module must be an nn.Module, got the class Linear"),
        (lambda: ModuleHypernetwork(nn.ReLU(), 3), ValueError, "ReLU has no parameters to generate"),
        (lambda: ModuleHypernetwork(DENSE, 0), ValueError, "conditioning_size must be at least 1"),
        (lambda: ModuleHypernetwork(DENSE, 3, "0.bias"), TypeError, r'only must be a list of names, such as \["0.weig'),
        (
            lambda: ModuleHypernetwork(DENSE, 3, ["0.wt"]),
            ValueError,
            r"only\[0\] is '0.wt', but the.*0.weight,",
        ),
        (lambda: ModuleHypernetwork(DENSE, 3, init="he"), ValueError, "method must be one of default, small"),
        (
            lambda: ModuleHypernetwork(DENSE, 3, chunk_size=4, init="last_bias"),
            ValueError,
            "chunked generator has none",
        ),
        (lambda: ModuleHypernetwork(nn.LazyLinear(3), 3), ValueError, "weight has no shape yet; run the lazy module"),
        (
            lambda: ModuleHypernetwork(nn.Sequential(nn.Linear(5, 3, device="meta")), 3, ["0.bias"]),
            ValueError,
            "0.weight lies on the device 'meta' and isn't generated",
        ),
        (
            lambda: ModuleHypernetwork(nn.Linear(5, 3, device="meta"), 3, init="last_bias"),
            ValueError,
            "'meta' has no values",
        ),
        (
            lambda: ModuleHypernetwork(nn.BatchNorm1d(5), 3)(torch.zeros(4, 3), torch.zeros(4, 5)),
            ValueError,
            r"BatchNorm1d is in training mode.* call .eval\(\) on it, or use a GroupNorm",
        ),
        (
            lambda: ModuleHypernetwork(DENSE, 3)(torch.zeros(4, 3), torch.zeros(3, 5)),
            ValueError,
            r"conditioning \[4, 3\] needs inputs \[4, ...\], got \[3, 5\]",
        ),
        (
            lambda: ModuleHypernetwork(DENSE, 3)(torch.zeros(4, 3), torch.zeros(3, 2, 5), many=True),
            ValueError,
            r"needs inputs \[4, n, ...\], got \[3, 2, 5\]",
        ),
        (
            lambda: ModuleHypernetwork(Residual(), 3)(torch.zeros(4, 3), torch.zeros(4, 5)),
            ValueError,
            r"Residual cannot take \[4, 5\] row by row: ",
        ),
        (
            lambda: ModuleHypernetwork(DENSE, 3)(torch.zeros(4, 3).long(), torch.zeros(4, 5)),
            TypeError,
            "conditioning is torch.int64",
        ),
    ],
)
def test_bad_input_is_told_what_was_needed(make, error, words):
    with pytest.raises(error, match=words):
        make()
