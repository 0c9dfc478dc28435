"""placeholder"""

from torch import nn


def initialise_generator(generator, target_layer_sizes, method="hyperfan_in", activation="relu"):
    last = [m for m in generator.modules() if isinstance(m, nn.Linear)][-1]
    if method == "small":
        nn.init.uniform_(last.weight, -0.01, 0.01)
        nn.init.zeros_(last.bias)
    return generator
