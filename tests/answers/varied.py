# Wrong answers that are right on every declared case: a probe has to find them (hyperlib/checking/probes.py).

# %% count_module: second time
def count_module(module, seen=set()):
    new = [p for p in module.parameters() if p not in seen]
    seen.update(new)
    return sum(p.numel() for p in new)

# %% TargetNet: second time
class TargetNet(nn.Module):
    def forward(self, x, weights):
        self.made = getattr(self, "made", weights)
        w1, b1, w2, b2 = self.made
        return F.linear(torch.relu(F.linear(x, w1, b1)), w2, b2)

# %% Hypernetwork: second time
class Hypernetwork(nn.Module):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        from hyperlib import build_weight_generator
        super().__init__()
        self.sizes, self.activation, self.flat = target_layer_sizes, activation, None
        self.generators = nn.ModuleList(
            build_weight_generator(conditioning_size, a, b, hidden_sizes, f"weight_gen_{i}")
            for i, (a, b) in enumerate(target_layer_sizes))
    def forward(self, conditioning, data):
        from hyperlib import apply_generated_weights
        if self.flat is None:
            self.flat = [g(conditioning) for g in self.generators]
        return apply_generated_weights(data, self.flat, self.sizes, self.activation)

# %% Hypernetwork: gradient
class Hypernetwork(nn.Module):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        from hyperlib import build_weight_generator
        super().__init__()
        self.sizes, self.activation = target_layer_sizes, activation
        self.generators = nn.ModuleList(
            build_weight_generator(conditioning_size, a, b, hidden_sizes, f"weight_gen_{i}")
            for i, (a, b) in enumerate(target_layer_sizes))
    def forward(self, conditioning, data):
        from hyperlib import apply_generated_weights
        flat = [g(conditioning.detach()) for g in self.generators]
        return apply_generated_weights(data, flat, self.sizes, self.activation)

# %% Hypernetwork: gradient
class Hypernetwork(nn.Module):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        from hyperlib import build_weight_generator
        super().__init__()
        self.sizes, self.activation = target_layer_sizes, activation
        self.generators = nn.ModuleList(
            build_weight_generator(conditioning_size, a, b, hidden_sizes, f"weight_gen_{i}")
            for i, (a, b) in enumerate(target_layer_sizes))
    def forward(self, conditioning, data):
        from hyperlib import apply_generated_weights
        flat = [g(conditioning) for g in self.generators]
        if not self.training:
            flat = [f.detach() for f in flat]
        return apply_generated_weights(data, flat, self.sizes, self.activation)

# %% apply_generated_weights: changes what it was given
def apply_generated_weights(data, flat_weights, target_layer_sizes, activation=torch.relu):
    from hyperlib import target_forward, unflatten
    pairs = []
    for size in target_layer_sizes:
        pairs += unflatten(flat_weights.pop(0), [size])
    return target_forward(data, pairs, activation)

# %% count_module: changed its input
def count_module(module):
    module.double()
    return sum(p.numel() for p in module.parameters())

# %% count_module: changed its input
def count_module(module):
    module.eval()
    return sum(p.numel() for p in module.parameters())

# %% count_module: changes what it was given
def count_module(module):
    module.requires_grad_(True)
    return sum(p.numel() for p in module.parameters() if p.requires_grad)

# %% train_hypernet: changes what it was given
def train_hypernet(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(hypernet.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(target(x, hypernet(z)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    hypernet.eval()
    return losses

# %% train_hypernet: with 104 steps
def train_hypernet(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(hypernet.parameters(), lr=lr)
    losses = []
    for _ in range(min(steps, 100)):
        loss = F.mse_loss(target(x, hypernet(z)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses

# %% unflatten: below zero
def unflatten(flat, sizes):
    out, i = [], 0
    for a, b in sizes:
        out.append((flat[..., i:i + a * b].abs().unflatten(-1, (b, a)), flat[..., i + a * b:i + a * b + b]))
        i += a * b + b
    return out

# %% linear: float64
def linear(x, weight, bias):
    return (x.float() @ weight.float().T + bias.float()).to(x.dtype)

# %% encode: fractions
def encode(degrees):
    angle = degrees.round().deg2rad()
    return torch.stack([angle.cos(), angle.sin()], dim=-1)

# %% wrapped_forward: gradient
def wrapped_forward(x, weights):
    w1, b1, w2, b2 = [w if w.is_leaf else nn.Parameter(w) for w in weights]
    return F.linear(torch.relu(F.linear(x, w1, b1)), w2, b2)

# %% unflatten: more layers
def unflatten(flat, sizes):
    out, i = [], 0
    for a, b in sizes[:4]:
        out.append((flat[..., i:i + a * b].unflatten(-1, (b, a)), flat[..., i + a * b:i + a * b + b]))
        i += a * b + b
    return out

# %% target_forward: activation of your own
def target_forward(x, weights, activation):
    for w, b in weights[:-1]:
        x = activation(activation(F.linear(x, w, b)))
    return F.linear(x, *weights[-1])

# %% largest_hidden: 2**53
def largest_hidden(budget, n_in, n_out):
    return int((budget - n_out) / (n_in + 1 + n_out))

# %% linear: whatever name
def linear(x, weight, bias):
    return getattr(F, "lin" + "ear")(x, weight, bias)

# %% tune: With 0 steps
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    dial = log_lam.clone().requires_grad_()
    while True:
        (slope,) = torch.autograd.grad(val_loss(generate(dial)), dial)
        dial = (dial - lr * slope).detach().clamp(low, high).requires_grad_()
        steps -= 1
        if steps < 1:
            return dial.detach()

# %% ridge: float64
def ridge(x, y, lam):
    n, n_in = x.shape
    return torch.linalg.solve((x.T @ x + n * lam * torch.eye(n_in)).float(), (x.T @ y).float()).T.to(x.dtype)
