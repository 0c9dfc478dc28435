"""The conditional hypernetwork and its chunked form, as users call them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.func import jacrev, vmap

import hyperlib
from hyperlib import ChunkedGenerator, ChunkedHypernetwork, Hypernetwork, apply_generated_weights, count_parameters

SIZES = [(5, 4), (4, 3)]


def small(**options):
    torch.manual_seed(0)
    return Hypernetwork.build(conditioning_size=6, target_layer_sizes=SIZES, hidden_sizes=[8, 7], **options)


def randomised(model):
    """With weights large enough that a mistake would show."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape) * 0.5)
    return model


def both():
    torch.manual_seed(0)
    return [small(), ChunkedHypernetwork(6, SIZES, chunk_size=7, embedding_size=3, hidden_sizes=[8])]


def test_the_usage_example_runs_as_written():
    model = Hypernetwork.build(conditioning_size=64, target_layer_sizes=[(128, 64), (64, 32)], hidden_sizes=[256, 256])
    assert model(torch.randn(4, 64), torch.randn(4, 128)).shape == (4, 32)
    # The plain construction is some 270 times as large as what it generates.
    ratio = hyperlib.count_module(model) / count_parameters([(128, 64), (64, 32)])
    assert 270 < ratio < 275


def test_defaults_are_the_original_s():
    model = Hypernetwork.build(conditioning_size=3, target_layer_sizes=[(2, 1)])
    widths = [m.out_features for m in model.modules() if isinstance(m, torch.nn.Linear)]
    assert widths == [256, 256, 3] and model.input_size == 2 and model.activation is torch.relu
    last = model.generators[0].weight_gen_0_params
    assert 0.009 < last.weight.abs().max() <= 0.01 and not last.bias.any()


def test_module_names_follow_name():
    names = [name.rpartition(".")[2] for name, m in small().named_modules() if isinstance(m, torch.nn.Linear)]
    layers = ("hidden_0", "hidden_1", "params")
    assert names == [f"weight_gen_{i}_{layer}" for i in range(2) for layer in layers]
    generator = hyperlib.build_weight_generator(3, 2, 4, hidden_sizes=[5], name="gen")
    assert list(generator.state_dict()) == [f"gen_{k}.{p}" for k in ("hidden_0", "params") for p in ("weight", "bias")]
    assert generator(torch.zeros(7, 3)).shape == (7, 2 * 4 + 4)


def in_numpy(model, conditioning, data):
    """The formula, row by row and with nothing of hyperlib."""
    state = {name.partition(".")[2].partition(".")[2]: p.numpy() for name, p in model.state_dict().items()}
    rows = []
    for c, x in zip(conditioning.numpy(), data.numpy(), strict=True):
        for i, (n_in, n_out) in enumerate(SIZES):
            h = c
            for k in range(2):
                layer = f"weight_gen_{i}_hidden_{k}"
                h = np.maximum(state[f"{layer}.weight"] @ h + state[f"{layer}.bias"], 0)
            flat = state[f"weight_gen_{i}_params.weight"] @ h + state[f"weight_gen_{i}_params.bias"]
            weight, bias = flat[: n_in * n_out].reshape(n_out, n_in), flat[n_in * n_out :]
            x = weight @ x + bias
            if i == 0:
                x = np.tanh(x)
        rows.append(x)
    return np.stack(rows)


def test_equals_a_plain_numpy_transcription():
    model = randomised(small(activation="tanh"))
    conditioning, data = torch.randn(9, 6), torch.randn(9, 5)
    expected = in_numpy(model, conditioning, data)
    assert np.abs(expected).max() > 0.5
    np.testing.assert_allclose(model(conditioning, data).detach().numpy(), expected, atol=1e-5, rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    widths=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    batch=st.lists(st.integers(1, 3), max_size=2),
    n=st.integers(1, 4),
    chunk=st.one_of(st.none(), st.integers(1, 50)),
)
def test_any_batch_equals_its_rows_one_by_one(widths, batch, n, chunk):
    sizes = list(zip(widths[:-1], widths[1:], strict=True))
    if chunk is None:
        model = Hypernetwork(3, sizes, hidden_sizes=[4], init="default")
    else:
        model = ChunkedHypernetwork(3, sizes, chunk, embedding_size=2, hidden_sizes=[4])
    conditioning, rows = torch.randn(*batch, 3), torch.randn(*batch, n, widths[0])
    many = model(conditioning, rows)
    assert many.shape == (*batch, n, widths[-1])
    flat_conditioning, flat_rows = conditioning.reshape(-1, 3), rows.reshape(-1, n, widths[0])
    one_by_one = torch.stack([model(c, x) for c, x in zip(flat_conditioning, flat_rows, strict=True)])
    torch.testing.assert_close(many.reshape(one_by_one.shape), one_by_one, atol=1e-4, rtol=1e-4)
    if batch:
        torch.testing.assert_close(model(conditioning, rows[..., 0, :]), many[..., 0, :], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("model", both(), ids=["plain", "chunked"])
class TestBothKinds:
    def test_state_dict_round_trip(self, model, tmp_path):
        conditioning, data = torch.randn(3, 6), torch.randn(3, 5)
        torch.save(model.state_dict(), tmp_path / "state.pt")
        other = next(m for m in both() if type(m) is type(model))
        randomised(other).load_state_dict(torch.load(tmp_path / "state.pt"))
        assert torch.equal(other(conditioning, data), model(conditioning, data))

    def test_other_dtypes_and_devices(self, model):
        other = next(m for m in both() if type(m) is type(model)).to(torch.float64)
        conditioning, data = torch.randn(3, 6), torch.randn(3, 5)
        out = other(conditioning.double(), data.double())
        assert out.dtype == torch.float64
        torch.testing.assert_close(out.float(), model(conditioning, data))
        on_meta = other.to("meta")(conditioning.double().to("meta"), data.double().to("meta"))
        assert on_meta.device.type == "meta"

    def test_compile_makes_one_graph_of_it(self, model):
        torch.compiler.reset()
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
        conditioning = torch.randn(3, 6)
        for data in (
            torch.randn(3, 5),
            torch.randn(3, 4, 5),
            torch.randn(3, 7, 5),
        ):  # also n rows for each condition
            torch.testing.assert_close(compiled(conditioning, data), model(conditioning, data))
        compiled(conditioning, data).sum().backward()

    def test_autocast(self, model):
        conditioning, data = torch.randn(3, 6), torch.randn(3, 5)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = model(conditioning, data)
        assert out.dtype == torch.bfloat16
        torch.testing.assert_close(out.float(), model(conditioning, data), atol=0.1, rtol=0.1)
        out.float().sum().backward()

    def test_vmap_and_jacrev(self, model):
        conditioning, data = torch.randn(3, 6), torch.randn(3, 5)
        torch.testing.assert_close(vmap(model)(conditioning, data), model(conditioning, data))
        jacobian = vmap(jacrev(model))(conditioning, data)  # how each output follows each number of the condition
        assert jacobian.shape == (3, 3, 6) and jacobian.any()

    def test_gradients_reach_every_parameter(self, model):
        loss = model(torch.randn(3, 6), torch.randn(3, 5)).pow(2).sum()
        assert all(hyperlib.gradient_reaches(loss, model).values())

    @pytest.mark.parametrize(
        "conditioning, data, error, words",
        [
            (torch.zeros(3, 6), torch.zeros(4, 5), ValueError, r"needs data \[3, 5\] .* or \[3, n, 5\] .*got \[4, 5\]"),
            (torch.zeros(3, 7), torch.zeros(3, 5), ValueError, r"conditioning has shape \[3, 7\].* must be 6"),
            (torch.zeros(3, 6), torch.zeros(3, 6), ValueError, r"data has shape \[3, 6\].* must be 5"),
            (torch.zeros(3, 6).long(), torch.zeros(3, 5), TypeError, r"conditioning is torch.int64.*F.one_hot"),
            (torch.zeros(3, 6).double(), torch.zeros(3, 5), TypeError, "conditioning is torch.float64 but the hyper"),
            (torch.zeros(3, 6), torch.zeros(3, 5).double(), TypeError, "data is torch.float64 but conditioning is"),
            ([[0.0] * 6], torch.zeros(1, 5), TypeError, "conditioning must be a torch.Tensor, got a list"),
            (torch.zeros(3, 6), None, TypeError, "data must be a torch.Tensor, got a NoneType"),
        ],
    )
    def test_bad_input_is_told_what_was_needed(self, model, conditioning, data, error, words):
        with pytest.raises(error, match=words):
            model(conditioning, data)


@pytest.mark.parametrize(
    "options, error, words",
    [
        (dict(conditioning_size=3), TypeError, "target_layer_sizes"),
        (dict(conditioning_size=0, target_layer_sizes=SIZES), ValueError, "conditioning_size must be at least 1"),
        (
            dict(conditioning_size=3, target_layer_sizes=[(128, 64), (10, 2)]),
            ValueError,
            r"target_layer_sizes\[1\] takes 10 inputs but layer 0 gives 64",
        ),
        (
            dict(conditioning_size=3, target_layer_sizes=SIZES, input_size=4),
            ValueError,
            r"input_size is 4, but target_layer_sizes\[0\] takes 5 inputs",
        ),
        (
            dict(conditioning_size=3, target_layer_sizes=SIZES, hidden_sizes=256),
            TypeError,
            "hidden_sizes must be a list",
        ),
        (dict(conditioning_size=3, target_layer_sizes=SIZES, activation="rleu"), ValueError, "'rleu' is not known"),
    ],
)
def test_bad_options_are_named(options, error, words):
    with pytest.raises(error, match=words):
        Hypernetwork.build(**options)


@pytest.mark.parametrize(
    "flat_weights, error, words",
    [
        (torch.zeros(2, 24), TypeError, "flat_weights must be a list with one tensor per layer, got a tensor"),
        ([torch.zeros(2, 24)], ValueError, "flat_weights has 1 tensors, but target_layer_sizes has 2 layers"),
        (
            [torch.zeros(2, 24), torch.zeros(2, 16)],
            ValueError,
            r"flat_weights\[1\] has shape \[2, 16\], but its last axis must be 15: 4 x 3 weights and 3 biases of layer",
        ),
        ([torch.zeros(2, 24), torch.zeros(3, 15)], ValueError, r"flat_weights\[1\] has leading axes \[3\], but.*\[2\]"),
        ([torch.zeros(2, 24), None], TypeError, r"flat_weights\[1\] must be a torch.Tensor"),
    ],
)
def test_flat_weights_that_do_not_fit_are_named(flat_weights, error, words):
    with pytest.raises(error, match=words):
        apply_generated_weights(torch.zeros(2, 5), flat_weights, SIZES)


def test_apply_generated_weights_equals_a_network_with_these_weights():
    net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.SiLU(), torch.nn.Linear(4, 3))
    flat = [torch.cat([layer.weight.flatten(), layer.bias]) for layer in (net[0], net[2])]
    x = torch.randn(7, 5)
    torch.testing.assert_close(apply_generated_weights(x, flat, SIZES, "silu"), net(x))
    torch.testing.assert_close(apply_generated_weights(x, flat, SIZES, torch.nn.SiLU()), net(x))
    for_each = [f.expand(7, -1) for f in flat]
    torch.testing.assert_close(apply_generated_weights(x, for_each, SIZES, "silu"), net(x))


class TestChunks:
    def test_a_million_weights_from_a_generator_of_a_few_thousand(self):
        sizes = [(784, 1000), (1000, 205), (205, 10)]
        model = ChunkedHypernetwork(8, sizes, chunk_size=1000, embedding_size=4, hidden_sizes=[4])
        assert 990_000 < count_parameters(sizes) < 1_010_000
        assert hyperlib.count_module(model.generator.generator) < 6_000
        assert hyperlib.count_module(model) < 10_000
        assert model(torch.randn(2, 8), torch.randn(2, 784)).shape == (2, 10)

    @given(total=st.integers(1, 10_000), chunk=st.integers(1, 500))
    def test_count_chunks_is_just_enough(self, total, chunk):
        chunks = hyperlib.count_chunks(total, chunk)
        assert (chunks - 1) * chunk < total <= chunks * chunk

    def test_chunks_stand_one_after_another_and_the_surplus_is_dropped(self):
        generator = ChunkedGenerator(2, [(3, 2), (2, 1)], chunk_size=4, embedding_size=2, hidden_sizes=[])
        assert generator.embeddings.shape == (3, 2)  # 11 numbers: 4 + 4 + 3
        condition = torch.tensor([0.5, -1.0])
        chunks = [generator.generator(torch.cat([condition, e])) for e in generator.embeddings]
        torch.testing.assert_close(generator(condition), torch.cat(chunks)[:11])

    def test_without_a_condition(self):
        generator = ChunkedGenerator(0, [(3, 2)], chunk_size=5)
        assert generator().shape == (8,)
        with pytest.raises(ValueError, match="its last axis must be 6"):
            ChunkedGenerator(6, [(3, 2)], chunk_size=5)()

    def test_every_layer_starts_at_its_own_scale(self):
        torch.manual_seed(0)
        model = ChunkedHypernetwork(0, [(400, 100), (100, 20)], chunk_size=50, embedding_size=16, hidden_sizes=[256])
        assert model.generator().var().item() == pytest.approx(1, rel=0.25)
        for weight, _ in model.generate(torch.zeros(0)):
            assert weight.var().item() == pytest.approx(2 / weight.shape[1], rel=0.25)

    def test_bad_sizes_are_named(self):
        with pytest.raises(ValueError, match="chunk_size must be at least 1, got 0"):
            ChunkedGenerator(2, SIZES, chunk_size=0)
        with pytest.raises(TypeError, match="embedding_size must be a whole number"):
            ChunkedGenerator(2, SIZES, chunk_size=4, embedding_size=2.0)
