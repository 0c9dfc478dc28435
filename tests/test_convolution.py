"""Generated kernels, against loops and against the paper's own counts."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hyperlib import (
    KernelGenerator,
    OwnKernels,
    ResidualNetwork,
    TiledGenerator,
    basic_kernels,
    conv_per_row,
    count_module,
    kernel_rank,
    residual_layers,
    static_kernel,
    static_parameters,
    tile_kernels,
)

torch.manual_seed(0)


def paper_cnn(second):
    """The paper's MNIST network (section 4.1): its second convolution is plain, or a generator of its kernel."""
    first, last = nn.Conv2d(1, 16, 7, padding=3), nn.Linear(784, 10)
    return nn.ModuleDict({"first": first, "second": second, "last": last})


def test_the_counts_of_the_paper_s_mnist_networks():
    assert count_module(paper_cnn(nn.Conv2d(16, 16, 7, padding=3))) == 21_210
    generator = KernelGenerator(16, 16, 7, z_dim=4)
    assert count_module(generator) == static_parameters(16, 16, 7, 4) == 4_244
    assert count_module(paper_cnn(generator)) + 16 == 12_910  # and the bias, which is not generated


@pytest.mark.parametrize(
    "widths, kernels, generated, plain",
    [((16, 32, 64), 242, 96_570, 562_730), ((32, 64, 128), 966, 147_578, 2_235_498)],
)
def test_the_counts_of_the_paper_s_residual_networks(widths, kernels, generated, plain):
    """Table 2: 0.097 M against 0.563 M, and 0.148 M against 2.236 M."""
    layers = residual_layers(widths, 6)
    assert len(layers) == 36 and basic_kernels(layers) == kernels
    assert count_module(ResidualNetwork(TiledGenerator(layers), widths=widths)) == generated
    assert count_module(ResidualNetwork(OwnKernels(layers), widths=widths)) == plain


@pytest.mark.parametrize("padding", [0, 1, "same"])
def test_each_image_goes_through_its_own_convolution(padding):
    x, kernels, bias = torch.randn(5, 3, 8, 8), torch.randn(5, 4, 3, 3, 3), torch.randn(5, 4)
    kernels.requires_grad_()
    one_by_one = [F.conv2d(x[b : b + 1], kernels[b], bias[b], padding=padding)[0] for b in range(5)]
    made = conv_per_row(x, kernels, bias, padding)
    torch.testing.assert_close(made, torch.stack(one_by_one), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        conv_per_row(x, kernels, padding=padding), made - bias[..., None, None], atol=1e-4, rtol=1e-4
    )
    assert conv_per_row(x[:0], kernels[:0], bias[:0], padding).shape == (0, *made.shape[1:])
    assert torch.autograd.grad(made.sum(), kernels)[0].flatten(1).any(1).all()


def test_a_static_kernel_by_the_paper_s_equation():
    n_in, n_out, size, d, z_dim = 3, 4, 2, 5, 6
    z, w_in, b_in = torch.randn(z_dim), torch.randn(n_in, d, z_dim), torch.randn(n_in, d)
    w_out, b_out = torch.randn(n_out * size * size, d), torch.randn(n_out * size * size)
    expected = torch.empty(n_out, n_in, size, size)
    for i in range(n_in):
        a = w_in[i] @ z + b_in[i]
        for o in range(n_out):
            for y in range(size):
                for x in range(size):
                    row = (o * size + y) * size + x
                    expected[o, i, y, x] = w_out[row] @ a + b_out[row]
    made = static_kernel(z, w_in, b_in, w_out, b_out, size)
    torch.testing.assert_close(made, expected)
    many = static_kernel(torch.stack([z, 2 * z]), w_in, b_in, w_out, b_out, size)
    assert many.shape == (2, n_out, n_in, size, size)
    torch.testing.assert_close(many[0], made)


def test_a_generated_kernel_is_a_factorisation_of_low_rank():
    """Rank at most d + 1, d = z_dim, however it is trained: 4,000 numbers would do for the paper's 4,244."""
    generator = KernelGenerator(16, 16, 7, z_dim=4)
    nn.init.normal_(generator.b_in), nn.init.normal_(generator.b_out)
    (kernel,) = generator().detach()
    assert kernel_rank(kernel) == 5 and kernel_rank(torch.randn(16, 16, 7, 7)) == 16
    assert 16 * 5 + 5 * 784 == 4_000


def test_tiles_lie_row_after_row():
    kernels = torch.arange(6.0).view(6, 1, 1, 1, 1).expand(6, 2, 3, 1, 1)
    made = tile_kernels(kernels, 2, 3)
    assert made.shape == (4, 9, 1, 1)
    expected = torch.tensor([[0.0, 1, 2], [3, 4, 5]]).repeat_interleave(2, 0).repeat_interleave(3, 1)
    assert torch.equal(made[:, :, 0, 0], expected)
    within = torch.arange(24.0).view(1, 2, 3, 2, 2)
    assert torch.equal(tile_kernels(within, 1, 1), within[0])


def test_kernels_start_at_the_size_that_a_relu_needs():
    torch.manual_seed(0)
    layers = residual_layers((32, 64), 1)
    for (n_in, _), kernel in zip(layers, TiledGenerator(layers)(), strict=True):
        assert kernel.var().item() == pytest.approx(2 / (9 * n_in), rel=0.4)


@pytest.mark.parametrize("kernels", [TiledGenerator, OwnKernels])
def test_a_residual_network_is_a_network_and_learns(kernels):
    torch.manual_seed(0)
    layers = residual_layers((16, 32), 2)
    assert layers == [(16, 16)] * 4 + [(16, 32)] + [(32, 32)] * 3
    model = ResidualNetwork(kernels(layers), n_in=1, classes=3, widths=(16, 32), blocks=2)
    x, y = torch.randn(30, 1, 8, 8), torch.arange(30) % 3
    optimizer, losses = torch.optim.Adam(model.parameters(), 0.01), []
    for _ in range(15):
        losses.append(F.cross_entropy(model(x), y))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert all(
        p.grad.any() for name, p in model.named_parameters() if "biases" not in name and "first.bias" not in name
    )
    assert losses[-1] < losses[0] / 2
    model.eval()
    torch.testing.assert_close(model(x[:1]), model(x)[:1], atol=1e-4, rtol=1e-3)  # in use, rows do not mix


@pytest.mark.parametrize(
    "call, error, words",
    [
        (
            lambda: conv_per_row(torch.zeros(2, 3, 4, 4), torch.zeros(3, 4, 3, 3, 3)),
            ValueError,
            r"x \[B, in, h, w\] needs",
        ),
        (
            lambda: conv_per_row(torch.zeros(2, 3, 4, 4), torch.zeros(2, 4, 3, 3, 3), torch.zeros(4)),
            ValueError,
            "bias has",
        ),
        (
            lambda: tile_kernels(torch.zeros(5, 2, 2, 3, 3), 2, 3),
            ValueError,
            r"needs \[6, out, in, k, k\] for 2 x 3 tiles",
        ),
        (
            lambda: TiledGenerator([(16, 24)]),
            ValueError,
            r"layers\[0\] is \(16, 24\), but channels must be multiples of 16",
        ),
        (lambda: KernelGenerator(16, 0, 3), ValueError, "n_out must be at least 1"),
        (lambda: kernel_rank(torch.zeros(3, 3)), ValueError, r"kernel must be \[n_out, n_in, k, k\]"),
        (
            lambda: ResidualNetwork(OwnKernels([(16, 16)] * 2), widths=(16,), blocks=2)(torch.zeros(1, 3, 8, 8)),
            ValueError,
            r"kernels\(\) gives kernels for .*, but the network needs",
        ),
    ],
)
def test_bad_input_is_told_what_was_needed(call, error, words):
    with pytest.raises(error, match=words):
        call()
