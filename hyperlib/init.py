"""How a generator has to start out, so that the weights it generates are of a useful size (lesson 06)."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize

from .counting import count_parameters
from .slicing import flatten, parameter_offsets
from .target import ACTIVATIONS, linear, resolve_activation
from .validate import check_layer_sizes, check_module, check_tensor, describe, positive_int, weight_pairs

METHODS = ("default", "small", "hyperfan_in", "last_bias")


def generated_variance(features, weight_variance, bias_variance):
    """Variance of a generated number over the random starts of the generator's last layer.

    A generated number is `row @ features + bias`.  Entries that are drawn independently with mean 0 give it
    `weight_variance` times the *sum of squares* of the features `[..., n]`, plus `bias_variance`: one for each
    condition, `[...]`.

    Source: Chang, Flokas and Lipson, "Principled Weight Initialization for Hypernetworks" (ICLR 2020), section 4.
    """
    return weight_variance * check_tensor(features, "features").square().sum(-1) + bias_variance


_GAINS = dict.fromkeys(ACTIVATIONS.values(), 1)
_GAINS |= dict.fromkeys([F.tanh, F.sigmoid, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.ELU, nn.Softplus, nn.Identity], 1)
_GAINS |= dict.fromkeys([torch.relu, torch.relu_, F.relu, F.relu_, nn.ReLU], 2)


def hyperfan_in_std(n_in, n_features, activation="relu"):
    """Standard deviations of the rows that make a target layer: (of its weights, of its biases).

    Args:
        n_in: the fan-in of the *target* layer.
        n_features: how many features e reach the generator's last layer, with a mean square E[e^2] of 1.
        activation: of the target network; a ReLU lets half of the mean square through.

    Source: Chang, Flokas and Lipson (2020), section 4.1 and Table 1, with generated biases, which get half of the
    variance: Var(H) = 2^relu / (2 d_j d_k Var(e)) for weights, Var(G) = 2^relu / (2 d_l Var(e)) for biases.  The
    paper's e has mean 0, so that Var(e) = E[e^2].  After a ReLU that isn't so, and E[e^2] is what counts.
    """
    n_in, n_features = positive_int(n_in, "n_in"), positive_int(n_features, "n_features")
    function = resolve_activation(activation)
    gain = _GAINS.get(type(function) if isinstance(function, nn.Module) else function)
    if gain is None:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"hyperfan_in can't judge the activation {describe(activation)}; it knows {known}")
    return math.sqrt(gain / (2 * n_in * n_features)), math.sqrt(gain / (2 * n_features))


def initialise_generator(generator, target_layer_sizes, method="hyperfan_in", activation="relu"):
    """Initialise a generator again, in place, and return it.

    Args:
        generator: a module whose last `nn.Linear` puts out all parameters of the target: w1, b1, w2, b2, ...
        target_layer_sizes: `[(in, out), ...]`, or the number of outputs where the caller starts the last layer's rows.
        method: "default": PyTorch's own for every `nn.Linear`, which goes by the generator's own fan-in.
            "small": the last weight uniform in (-0.01, 0.01), the last bias 0, as in Edifice.
            "hyperfan_in": the last weight by `hyperfan_in_std`, its bias 0; the layers before as in He et al. (2015)
            with biases 0, so that E[e^2] is 1 for conditions of mean square 1, if there are ReLUs between the layers.
            "last_bias": the last weight as in "small", the last bias a standard start of the whole target network.
        activation: of the target network; "hyperfan_in" asks for it.

    Raises:
        TypeError or ValueError if the generator doesn't fit the target, or the method isn't known.
    """
    rows = isinstance(target_layer_sizes, int)
    layer_sizes = [] if rows else check_layer_sizes(target_layer_sizes, "target_layer_sizes")
    layers = [part for part in check_module(generator, "generator").modules() if isinstance(part, nn.Linear)]
    total = target_layer_sizes if rows else count_parameters(layer_sizes)
    if not layers or layers[-1].out_features != total:
        has = f"its last one puts out {layers[-1].out_features}" if layers else "it has none"
        raise ValueError(f"generator must end in an nn.Linear with {total} outputs, for {layer_sizes}; {has}")
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {describe(method)}")
    for layer in layers:
        # weight_norm and the like compute the weight from other tensors, and a lazy layer has none yet.
        if type(layer._parameters.get("weight")) is not nn.Parameter or parametrize.is_parametrized(layer):
            what = f"a {type(layer).__name__} that has no weight of its own to start"
            raise ValueError(f"generator holds {what}; call initialise_generator before parametrizing it")
    *hidden, last = layers
    if method == "last_bias" and last.bias is None:
        raise ValueError("method 'last_bias' needs a generator whose last nn.Linear has a bias")
    with torch.no_grad():
        for layer in layers:
            layer.reset_parameters()
        if method in ("small", "last_bias"):
            last.weight.uniform_(-0.01, 0.01)
        if method == "hyperfan_in":
            for layer in hidden:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            stds = [std for n_in, _ in layer_sizes for std in hyperfan_in_std(n_in, last.in_features, activation)]
            for (start, stop), std in zip(parameter_offsets(layer_sizes) if stds else [], stds, strict=True):
                last.weight[start:stop].normal_(std=std)
        for layer in {"small": [last], "hyperfan_in": layers}.get(method, []):
            if layer.bias is not None:
                layer.bias.zero_()
        if method == "last_bias" and layer_sizes:
            standard = [nn.Linear(n_in, n_out) for n_in, n_out in layer_sizes]
            last.bias.copy_(flatten([(layer.weight, layer.bias) for layer in standard]))
    return generator


def signal_moments(x, weights, activation="relu"):
    """How large each layer's output is, before its activation: `[(mean square, variance over the rows), ...]`.

    `x [..., n, in]` and `weights` as in `target_forward`.  Both are means over all units and generated networks.  The
    second is the part of the first that differs from row to row, and so can tell one row from another.
    """
    activation, moments = resolve_activation(activation), []
    if check_tensor(x, "x").dim() < 2:
        raise ValueError(f"x must be [..., n, in], n rows of data, got shape {list(x.shape)}")
    with torch.no_grad():
        for weight, bias in weight_pairs(weights):
            y = linear(x, weight, bias)
            moments.append((float(y.square().mean()), float(y.var(-2, correction=0).mean())))
            x = activation(y)
    return moments
