# Wrong answers as learners gave them, each with words that the check must find for it.

# %% unflatten: This is the first case
def unflatten(flat, sizes):
    out, i = [], 0
    for a, b in sizes:
        out.append((flat[..., i:i + a * b].unflatten(-1, (b, a)), flat[i + a * b : i + a * b + b]))
        i += a * b + b
    return out

# %% unflatten_square: result[1] has shape [0]; expected [1]
def unflatten_square(flat, n):
    return flat[..., :n * n].unflatten(-1, (n, n)), flat[..., n * n + 1:]

# %% linear: dtype float64; expected float32
def linear(x, weight, bias):
    return (x @ weight.T + bias).double()

# %% linear: `F.linear` does the whole work
def linear(x, weight, bias):
    return F.linear(x, weight, bias)

# %% linear: `nn.Linear` does the whole work
def linear(x, weight, bias):
    layer = torch.nn.Linear(*weight.T.shape)
    layer.weight.data = weight
    layer.bias.data = bias
    return layer(x)

# %% linear: expected 7, got 8
def linear(x, weight, bias):
    return x @ (weight.T + bias)

# %% TargetNet: owns parameters that nobody uses
class TargetNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)
    def forward(self, x, weights):
        w1, b1, w2, b2 = weights
        return F.linear(F.linear(x, w1, b1).relu(), w2, b2)

# %% TargetNet: Is `super().__init__()` missing
class TargetNet(nn.Module):
    def __init__(self):
        pass
    def forward(self, x, weights):
        w1, b1, w2, b2 = weights
        return F.linear(F.linear(x, w1, b1).relu(), w2, b2)

# %% TargetNet: Nothing connects the result with `w1`
class TargetNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(1, 4), nn.Linear(4, 1)
    def forward(self, x, weights):
        return self.b(self.a(x).relu())

# %% target_forward: the gradient is cut: none reaches
def target_forward(x, weights, activation):
    for w, b in weights:
        x = activation(F.linear(x, w, b)) if w is not weights[-1][0] else F.linear(x, w, b.detach())
    return x

# %% parameter_offsets: `int(...)`
import numpy as np
def parameter_offsets(s):
    ends = np.cumsum([n for a, b in s for n in (a * b, b)])
    return list(zip([np.int64(0), *ends[:-1]], ends))

# %% parameter_offsets: wrap it in `list(...)`
def parameter_offsets(s):
    return zip([0], [1])

# %% unflatten: a part of the gradient is cut: 1 of 2 numbers of `flat` get none
def unflatten(flat, sizes):
    out, i = [], 0
    for a, b in sizes:
        out.append((flat[..., i:i + a * b].unflatten(-1, (b, a)), flat[..., i + a * b:i + a * b + b].detach()))
        i += a * b + b
    return out

# %% HyperNet: Does each of the four tensors carry a history?
class HyperNet(nn.Module):
    def __init__(self, z_dim, i, h, o):
        super().__init__()
        self.n = [i * h, h, h * o, o]
        self.i, self.h, self.o = i, h, o
        self.total_target_params = sum(self.n)
        self.generator = nn.Sequential(nn.Linear(z_dim, 32), nn.ReLU(), nn.Linear(32, sum(self.n)))
    def forward(self, z):
        w1, b1, w2, b2 = self.generator(z).split(self.n, -1)
        return w1.unflatten(-1, (self.h, self.i)).detach(), b1, w2.unflatten(-1, (self.o, self.h)), b2

# %% HyperNet: The generator ends in an activation
class HyperNet(nn.Module):
    def __init__(self, z_dim, i, h, o):
        super().__init__()
        self.n = [i * h, h, h * o, o]
        self.i, self.h, self.o = i, h, o
        self.total_target_params = sum(self.n)
        self.generator = nn.Sequential(nn.Linear(z_dim, 32), nn.ReLU(), nn.Linear(32, sum(self.n)), nn.Tanh())
    def forward(self, z):
        w1, b1, w2, b2 = self.generator(z).split(self.n, -1)
        return w1.unflatten(-1, (self.h, self.i)), b1, w2.unflatten(-1, (self.o, self.h)), b2

# %% count_parameters: the smallest case that fails
def count_parameters(layer_sizes):
    return sum({(a + 1) * b for a, b in set(layer_sizes)})

# %% generator_parameters: the smallest case that fails
def generator_parameters(c, hidden, sizes):
    P = sum((a + 1) * b for a, b in sizes)
    w = [c, *hidden, P]
    return sum((a + 1) * b for a, b in set(zip(w, w[1:])))

# %% count_module: the smallest case that fails
def count_module(module):
    seen = {}
    for m in [module, *module.children()]:
        for p in m.parameters(recurse=False):
            seen[id(p)] = p.numel()
    return sum(seen.values())

# %% count_module: the smallest case that fails
def count_module(module):
    seen = {id(p): p.numel() for m in module.modules() if isinstance(m, (nn.Linear, nn.BatchNorm1d)) for p in m.parameters()}
    return sum(seen.values())

# %% count_module: changed its input `net` in place
def count_module(module):
    for p in module.parameters():
        p.data.zero_()
    return sum(p.numel() for p in module.parameters())

# %% gradient_reaches: throws away what others have put there
def gradient_reaches(loss, module):
    module.zero_grad()
    if loss.requires_grad:
        loss.backward(retain_graph=True)
    r = {n: p.grad is not None for n, p in module.named_parameters()}
    module.zero_grad()
    return r

# %% train_hypernet: the smallest case that fails
def train_hypernet(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(hypernet.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = ((target(x, hypernet(z)) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses

# %% HyperNet: into (weight, bias) pairs
import hyperlib
class HyperNet(nn.Module):
    def __init__(self, z_dim, i, h, o):
        super().__init__()
        self.sizes = [(i, h), (h, o)]
        self.total_target_params = hyperlib.count_parameters(self.sizes)
        self.generator = nn.Linear(z_dim, self.total_target_params)
    def forward(self, z):
        return hyperlib.unflatten(self.generator(z), self.sizes)

# %% HyperNet: Is a `return` missing?
class HyperNet(nn.Module):
    def __init__(self, z_dim, i, h, o):
        super().__init__()
        self.total_target_params = i * h + h + h * o + o
        self.generator = nn.Linear(z_dim, self.total_target_params)
    def forward(self, z):
        flat = self.generator(z)

# %% train_hypernet: `zero_grad()` comes between
def train_hypernet(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(hypernet.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        loss = ((target(x, hypernet(z)) - y) ** 2).mean()
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.item())
    return losses

# %% train_hypernet: the target owns no parameters
def train_hypernet(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(target.parameters(), lr=lr)
    return [0.0] * steps

# %% gradient_reaches: the smallest case that fails
def gradient_reaches(loss, module):
    kept = [p.grad for p in module.parameters()]
    for p in module.parameters():
        p.grad = None
    if loss.requires_grad:
        loss.backward(retain_graph=True)
    out = {n: p.grad is not None for n, p in module.named_parameters()}
    for p, g in zip(module.parameters(), kept):
        p.grad = g
    return out

# %% sample_tasks: The lowest and the highest x, rounded
def sample_tasks(tasks, n, amplitude, phase, generator):
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1, generator=generator)
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator)
    x = torch.rand(tasks, n, 1, generator=generator)
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x + p[:, None])

# %% sample_tasks: come from the generator that you were given
def sample_tasks(tasks, n, amplitude, phase, generator):
    low = torch.tensor([amplitude[0], phase[0]])
    high = torch.tensor([amplitude[1], phase[1]])
    c = low + (high - low) * torch.rand(tasks, 2)
    x = torch.rand(tasks, n, 1) * 6 - 3
    return c, x, c[:, :1, None] * torch.sin(x + c[:, 1:, None])

# %% sample_tasks: Draw twice
def sample_tasks(tasks, n, amplitude, phase, generator):
    x = torch.rand(tasks, n, 1, generator=generator) * 6 - 3
    u = torch.rand(tasks, generator=generator)
    a = amplitude[0] + u * (amplitude[1] - amplitude[0])
    p = phase[0] + u * (phase[1] - phase[0])
    return torch.stack([a, p], 1), x, a[:, None, None] * torch.sin(x + p[:, None, None])

# %% sample_tasks: y has one axis too many
def sample_tasks(tasks, n, amplitude, phase, generator):
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1, generator=generator)
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator)
    x = torch.rand(tasks, n, 1, generator=generator) * 6 - 3
    return torch.cat([a, p], -1), x, a[:, None, None] * torch.sin(x + p[:, None, None])

# %% train_step: `optimizer.zero_grad()` is missing
def train_step(model, optimizer, conditioning, x, y):
    loss = ((model(conditioning, x) - y) ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% train_step: it raised
def train_step(model, optimizer, conditioning, x, y):
    loss = F.mse_loss(model(x, conditioning), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% train_step: Is a `return` missing?
def train_step(model, optimizer, conditioning, x, y):
    optimizer.zero_grad()
    F.mse_loss(model(conditioning, x), y).backward()
    optimizer.step()

# %% conditioning_gap: state of the global random generator
def conditioning_gap(model, conditioning, data, target):
    torch.randperm(len(conditioning))
    other = conditioning.roll(1, 0)
    return (F.mse_loss(model(other, data), target) - F.mse_loss(model(conditioning, data), target)).item()

# %% conditioning_gap: This is a tensor
def conditioning_gap(model, conditioning, data, target):
    other = conditioning.roll(1, 0)
    return F.mse_loss(model(other, data), target) - F.mse_loss(model(conditioning, data), target)

# %% conditioning_gap: Move whole rows
def conditioning_gap(model, conditioning, data, target):
    with torch.no_grad():
        a = F.mse_loss(model(conditioning, data), target).item()
        b = F.mse_loss(model(torch.roll(conditioning, 1), data), target).item()
    return b - a

# %% with_condition: they come after x
def with_condition(conditioning, x):
    return torch.cat([x, conditioning.unsqueeze(1).repeat(1, x.shape[1], 1)], dim=-1)

# %% with_condition: The conditions are still mixed
def with_condition(conditioning, x):
    batch, n, _ = x.shape
    copies = conditioning.tile(n, 1).view(batch, n, conditioning.shape[-1])
    return torch.cat([copies, x], dim=-1)
# %% sample_tasks: from -pi to pi
import math
def sample_tasks(tasks, n, amplitude, phase, generator):
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1, generator=generator)
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator)
    x = math.pi * (2 * torch.rand(tasks, n, 1, generator=generator) - 1)
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x + p[:, None])

# %% sample_tasks: The x aren't uniform
def sample_tasks(tasks, n, amplitude, phase, generator):
    x = torch.randn(tasks, n, 1, generator=generator).clamp(-3, 3)
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1, generator=generator)
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator)
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x + p[:, None])

# %% sample_tasks: Amplitudes and phases aren't uniform
def sample_tasks(tasks, n, amplitude, phase, generator):
    def draw(lo, hi):
        return (lo + hi) / 2 + (hi - lo) / 6 * torch.randn(tasks, 1, generator=generator)
    a, p = draw(*amplitude), draw(*phase)
    x = torch.rand(tasks, n, 1, generator=generator) * 6 - 3
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x + p[:, None])

# %% sample_tasks: as those of `torch.linspace` are
def sample_tasks(tasks, n, amplitude, phase, generator):
    a = torch.linspace(*amplitude, tasks)[:, None]
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator)
    x = torch.rand(tasks, n, 1, generator=generator) * 6 - 3
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x + p[:, None])

# %% sample_tasks: Some of a task's numbers go together
def sample_tasks(tasks, n, amplitude, phase, generator):
    u = torch.rand(tasks, max(n, 2), generator=generator)
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * u[:, :1]
    p = phase[0] + (phase[1] - phase[0]) * u[:, 1:2]
    x = u[:, :n, None] * 6 - 3
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x + p[:, None])

# %% sample_tasks: This is sin(x - phase)
def sample_tasks(tasks, n, amplitude, phase, generator):
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1, generator=generator)
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator)
    x = torch.rand(tasks, n, 1, generator=generator) * 6 - 3
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x - p[:, None])

# %% sample_tasks: comes out as it went in
def sample_tasks(tasks, n, amplitude, phase, generator):
    torch.manual_seed(0)
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1)
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1)
    x = torch.rand(tasks, n, 1) * 6 - 3
    return torch.cat([a, p], -1), x, a[:, None] * torch.sin(x + p[:, None])

# %% train_step: Is `loss.backward()` or
def train_step(model, optimizer, conditioning, x, y):
    loss = F.mse_loss(model(conditioning, x), y)
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()

# %% train_step: mean *absolute* error
def train_step(model, optimizer, conditioning, x, y):
    loss = (model(conditioning, x) - y).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% conditioning_gap: if data and targets move on along
def conditioning_gap(model, conditioning, data, target):
    with torch.no_grad():
        right = F.mse_loss(model(conditioning, data), target)
        other = F.mse_loss(model(conditioning.roll(1, 0), data.roll(1, 0)), target.roll(1, 0))
    return (other - right).item()

# %% conditioning_gap: in a random order here
def conditioning_gap(model, conditioning, data, target):
    with torch.no_grad():
        right = F.mse_loss(model(conditioning, data), target)
        other = F.mse_loss(model(conditioning[torch.randperm(conditioning.shape[0])], data), target)
    return (other - right).item()

# %% conditioning_gap: get the mean condition here
def conditioning_gap(model, conditioning, data, target):
    right = F.mse_loss(model(conditioning, data), target)
    other = F.mse_loss(model(conditioning.mean(0, keepdim=True).repeat(len(data), 1), data), target)
    return (other - right).item()

# %% with_condition: is in front of the tasks here
def with_condition(conditioning, x):
    batch, n, _ = x.shape
    copies = conditioning.unsqueeze(0).expand(batch, n, -1)
    return torch.cat([copies, x], dim=-1)

# %% with_condition: the gradient is cut
def with_condition(conditioning, x):
    rows = [[c + row for row in task] for c, task in zip(conditioning.tolist(), x.tolist())]
    return torch.tensor(rows)

# %% batched_linear: `vmap` does the whole work
def batched_linear(x, weight, bias):
    return torch.vmap(F.linear)(x, weight, bias)

# %% batched_linear: in a Python loop
def batched_linear(x, weight, bias):
    return torch.stack([w @ row + b for row, w, b in zip(x, weight, bias)])

# %% batched_linear: Every row went through every layer
def batched_linear(x, weight, bias):
    return torch.einsum('bi,aoi->abo', x, weight) + bias[:, None]

# %% batched_linear: `hyperlib` does the whole work
def batched_linear(x, weight, bias):
    import hyperlib
    return hyperlib.linear(x, weight, bias)

# %% batched_linear: raised RuntimeError
def batched_linear(x, weight, bias):
    return F.linear(x, weight, bias)

# %% batched_linear: nothing connects the result with `bias`
def batched_linear(x, weight, bias):
    return torch.einsum('bi,boi->bo', x, weight)

# %% batched_linear: grows with the *square* of the batch
def batched_linear(x, weight, bias):
    out = x @ weight.mT
    n = len(x)
    return out[torch.arange(n), torch.arange(n)] + bias

# %% batched_linear: grows with the *square* of the batch
def batched_linear(x, weight, bias):
    out = torch.block_diag(*weight) @ x.flatten()
    return out.reshape(bias.shape) + bias

# %% batched_linear: grows with the *square* of the batch
def batched_linear(x, weight, bias):
    return torch.einsum('bi,coi->bco', x, weight).diagonal(dim1=0, dim2=1).mT + bias

# %% batched_linear: reverses *all* axes of `weight`
def batched_linear(x, weight, bias):
    return torch.matmul(x[:, None], weight.T)[:, 0] + bias

# %% batched_linear: through the *sum* of all layers
def batched_linear(x, weight, bias):
    return x @ weight.sum(0).T + bias

# %% target_vmap: which lists buffers too
def target_vmap(module, x, weights):
    names = list(module.state_dict())
    def one(row, tensors):
        return torch.func.functional_call(module, dict(zip(names, tensors)), (row,))
    return torch.vmap(one)(x, tuple(weights))

# %% target_vmap: in alphabetical order
def target_vmap(module, x, weights):
    names = sorted(dict(module.named_parameters()))
    def one(row, *tensors):
        return torch.func.functional_call(module, dict(zip(names, tensors)), row)
    return torch.vmap(one)(x, *weights)

# %% target_vmap: those of `shell`, whatever the module
names = ["0.weight", "0.bias", "2.weight", "2.bias"]
def target_vmap(module, x, weights):
    def one(row, tensors):
        return torch.func.functional_call(module, dict(zip(names, tensors)), (row,))
    return torch.vmap(one)(x, tuple(weights))

# %% target_vmap: calls it once, for all rows together
def target_vmap(module, x, weights):
    names = [n for n, _ in module.named_parameters()]
    out = []
    for i, row in enumerate(x):
        out.append(torch.func.functional_call(module, {n: w[i] for n, w in zip(names, weights)}, row))
    return torch.stack(out)

# %% target_vmap: The module used the parameters it owns
def target_vmap(module, x, weights):
    return module(x)

# %% target_vmap: Nothing connects the result with `w`
def target_vmap(module, x, weights):
    def one(row, *tensors):
        for p, t in zip(module.parameters(), tensors):
            p = t
        return module(row)
    return torch.vmap(one)(x, *weights)

# %% target_vmap: ask the module for its names
def target_vmap(module, x, weights):
    names = ["0.weight", "0.bias", "2.weight", "2.bias"] if len(weights) == 4 else ["weight", "bias"]
    def one(row, tensors):
        return torch.func.functional_call(module, dict(zip(names, tensors)), (row,))
    return torch.vmap(one)(x, tuple(weights))

# %% bytes_of_generated_weights: `//` stays whole
def bytes_of_generated_weights(batch, sizes, dtype):
    return batch * sum((a + 1) * b for a, b in sizes) * torch.finfo(dtype).bits / 8

# %% bytes_of_generated_weights: whatever the dtype
def bytes_of_generated_weights(batch, sizes, dtype):
    return batch * sum(a * b + b for a, b in sizes) * 4

# %% group_by_condition: has 3 items; expected 2
def group_by_condition(conditioning):
    return torch.unique(conditioning, dim=0, return_inverse=True, return_counts=True)

# %% group_by_condition: Only neighbours were compared
def group_by_condition(conditioning):
    conditions, index = [conditioning[0]], [0]
    for row in conditioning[1:]:
        if not torch.equal(row, conditions[-1]):
            conditions.append(row)
        index.append(len(conditions) - 1)
    return torch.stack(conditions), torch.tensor(index)

# %% group_by_condition: in which they first appear
def group_by_condition(conditioning):
    seen, index = [], []
    for row in conditioning.tolist():
        if row not in seen:
            seen.append(row)
        index.append(seen.index(row))
    return torch.tensor(seen), torch.tensor(index)

# %% group_by_condition: dtype int32; expected int64
def group_by_condition(conditioning):
    conditions, index = torch.unique(conditioning, dim=0, return_inverse=True)
    return conditions, index.int()

# %% group_by_condition: conditions with the same sum fell together
def group_by_condition(conditioning):
    sums, index = conditioning.sum(1).unique(return_inverse=True)
    rows = [conditioning[conditioning.sum(1) == s][0] for s in sums]
    return torch.stack(rows), index

# %% group_by_condition: only nearly equal fell together
def group_by_condition(conditioning):
    kinds, index = [], []
    for row in sorted(conditioning.tolist()):
        row = torch.tensor(row)
        if not any(torch.allclose(row, k) for k in kinds):
            kinds.append(row)
    for row in conditioning:
        index.append([torch.allclose(row, k) for k in kinds].index(True))
    return torch.stack(kinds), torch.tensor(index)

# %% group_by_condition: sorted as *text*
def group_by_condition(conditioning):
    rows = conditioning.tolist()
    kinds = sorted({str(r): r for r in rows}.items())
    keys = [k for k, _ in kinds]
    return torch.tensor([r for _, r in kinds]), torch.tensor([keys.index(str(r)) for r in rows])

# %% group_by_condition: wrong order
def group_by_condition(conditioning):
    kinds = sorted({str(row): row for row in conditioning}.values(), key=str)
    index = [next(i for i, k in enumerate(kinds) if torch.equal(k, row)) for row in conditioning]
    return torch.stack(kinds), torch.tensor(index)

# %% grouped_linear: still mixed up
def grouped_linear(x, weight, bias):
    return torch.matmul(x, weight.transpose(1, 2)) + bias.unsqueeze(0)

# %% grouped_linear: It belongs in the middle
def grouped_linear(x, weight, bias):
    return x @ weight.mT + bias[:, :, None]

# %% generated_variance: This is the mean over the features
def generated_variance(features, weight_variance, bias_variance):
    return (features ** 2).mean(-1) * weight_variance + bias_variance

# %% generated_variance: merges all conditions into one number
def generated_variance(features, weight_variance, bias_variance):
    return weight_variance * torch.sum(features * features) + bias_variance

# %% generated_variance: This takes the variance of the features
def generated_variance(features, weight_variance, bias_variance):
    n = features.shape[-1]
    return n * weight_variance * torch.var(features, dim=-1, unbiased=False) + bias_variance

# %% generated_variance: This takes the variance of the features
def generated_variance(features, weight_variance, bias_variance):
    return features.var(-1) * weight_variance + bias_variance

# %% generated_variance: `norm` is the *root*
def generated_variance(features, weight_variance, bias_variance):
    return torch.linalg.vector_norm(features, dim=-1) * weight_variance + bias_variance

# %% generated_variance: once for every feature
def generated_variance(features, weight_variance, bias_variance):
    n = features.shape[-1]
    return (features ** 2).sum(-1) * weight_variance + n * bias_variance

# %% hyperfan_in_std: raised KeyError: 'sin'
def hyperfan_in_std(n_in, n_features, activation="relu"):
    gain = {"relu": 2, "tanh": 1}[activation]
    return (gain / (2 * n_in * n_features)) ** 0.5, (gain / (2 * n_features)) ** 0.5

# %% hyperfan_in_std: Under the root, where variances are, it is 2
def hyperfan_in_std(n_in, n_features, activation="relu"):
    gain = nn.init.calculate_gain("relu") if activation == "relu" else 1
    return (gain / (2 * n_in * n_features)) ** 0.5, (gain / (2 * n_features)) ** 0.5

# %% hyperfan_in_std: These are variances
def hyperfan_in_std(n_in, n_features, activation="relu"):
    gain = 2 if activation == "relu" else 1
    return gain / (2 * n_in * n_features), gain / (2 * n_features)

# %% hyperfan_in_std: is of type torch tensor; expected float
def hyperfan_in_std(n_in, n_features, activation="relu"):
    gain = 2.0 if activation == "relu" else 1.0
    return torch.tensor(gain / (2 * n_in * n_features)).sqrt(), torch.tensor(gain / (2 * n_features)).sqrt()

# %% hyperfan_in_std: each gets one half
def hyperfan_in_std(n_in, n_features, activation="relu"):
    gain = 2 if activation == "relu" else 1
    return (gain / (n_in * n_features)) ** 0.5, (gain / n_features) ** 0.5

# %% initialise_generator: it is those layers' fan-in that counts
def initialise_generator(generator, target_layer_sizes):
    for m in generator:
        if isinstance(m, nn.Linear):
            nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")
            nn.init.zeros_(m.bias)
    return generator

# %% initialise_generator: parameters may be changed inside `with torch.no_grad():`
def initialise_generator(generator, target_layer_sizes):
    last = generator[-1]
    last.weight[:4].normal_(std=0.1)
    return generator

# %% initialise_generator: Nothing comes back
def initialise_generator(generator, target_layer_sizes):
    from hyperlib import hyperfan_in_std, parameter_offsets
    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for m in layers:
        nn.init.kaiming_normal_(m.weight)
        nn.init.zeros_(m.bias)
    stds = [s for n_in, _ in target_layer_sizes for s in hyperfan_in_std(n_in, layers[-1].in_features)]
    for (a, b), std in zip(parameter_offsets(target_layer_sizes), stds):
        layers[-1].weight.data[a:b].normal_(std=std)

# %% initialise_generator: it sets a seed
def initialise_generator(generator, target_layer_sizes):
    from hyperlib import hyperfan_in_std, parameter_offsets
    torch.manual_seed(0)
    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for m in layers:
        nn.init.kaiming_normal_(m.weight)
        nn.init.zeros_(m.bias)
    stds = [s for n_in, _ in target_layer_sizes for s in hyperfan_in_std(n_in, layers[-1].in_features)]
    for (a, b), std in zip(parameter_offsets(target_layer_sizes), stds):
        layers[-1].weight.data[a:b].normal_(std=std)
    return generator

# %% initialise_generator: The last layer's bias is still as PyTorch made it
def initialise_generator(generator, target_layer_sizes):
    import hyperlib
    *hidden, last = [m for m in generator if isinstance(m, nn.Linear)]
    for m in hidden:
        nn.init.kaiming_normal_(m.weight)
        nn.init.zeros_(m.bias)
    offsets = hyperlib.parameter_offsets(target_layer_sizes)
    with torch.no_grad():
        for i, (n_in, _) in enumerate(target_layer_sizes):
            for (a, b), std in zip(offsets[2 * i : 2 * i + 2], hyperlib.hyperfan_in_std(n_in, last.in_features)):
                last.weight[a:b].normal_(std=std)
    return generator

# %% initialise_generator: Each layer's rows come after those of the layer before
def initialise_generator(generator, target_layer_sizes):
    import hyperlib
    *hidden, last = [m for m in generator if isinstance(m, nn.Linear)]
    for m in [*hidden, last]:
        if m is not last:
            nn.init.kaiming_normal_(m.weight)
        nn.init.zeros_(m.bias)
    with torch.no_grad():
        n_in, n_out = target_layer_sizes[0]
        w_std, b_std = hyperlib.hyperfan_in_std(n_in, last.in_features)
        last.weight[: n_in * n_out].normal_(std=w_std)
        last.weight[n_in * n_out : n_in * n_out + n_out].normal_(std=b_std)
    return generator

# %% initialise_generator: The mean of the rows isn't 0
def initialise_generator(generator, target_layer_sizes):
    from hyperlib import hyperfan_in_std, parameter_offsets
    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for m in layers:
        nn.init.kaiming_normal_(m.weight); nn.init.zeros_(m.bias)
    last = layers[-1]
    stds = [s for n_in, _ in target_layer_sizes for s in hyperfan_in_std(n_in, last.in_features)]
    with torch.no_grad():
        for (a, b), std in zip(parameter_offsets(target_layer_sizes), stds):
            last.weight[a:b].uniform_(0, std * 12**0.5)
    return generator

# %% initialise_generator: Rows are copies of one draw
def initialise_generator(generator, target_layer_sizes):
    from hyperlib import hyperfan_in_std, parameter_offsets
    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for m in layers:
        nn.init.kaiming_normal_(m.weight); nn.init.zeros_(m.bias)
    last = layers[-1]
    stds = [s for n_in, _ in target_layer_sizes for s in hyperfan_in_std(n_in, last.in_features)]
    with torch.no_grad():
        for (a, b), std in zip(parameter_offsets(target_layer_sizes), stds):
            last.weight[a:b] = std * torch.randn(last.in_features)
    return generator

# %% initialise_generator: The rows are *filled*
def initialise_generator(generator, target_layer_sizes):
    from hyperlib import hyperfan_in_std, parameter_offsets
    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for m in layers:
        nn.init.kaiming_normal_(m.weight); nn.init.zeros_(m.bias)
    last = layers[-1]
    stds = [s for n_in, _ in target_layer_sizes for s in hyperfan_in_std(n_in, last.in_features)]
    with torch.no_grad():
        for (a, b), std in zip(parameter_offsets(target_layer_sizes), stds):
            last.weight[a:b] = std
    return generator

# %% initialise_generator: multiplied by the standard deviation
def initialise_generator(generator, target_layer_sizes):
    from hyperlib import hyperfan_in_std, parameter_offsets
    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for m in layers:
        m is generator[-1] or nn.init.kaiming_normal_(m.weight); nn.init.zeros_(m.bias)
    last = layers[-1]
    stds = [s for n_in, _ in target_layer_sizes for s in hyperfan_in_std(n_in, last.in_features)]
    with torch.no_grad():
        for (a, b), std in zip(parameter_offsets(target_layer_sizes), stds):
            last.weight[a:b] *= std
    return generator

# %% initialise_generator: don't require a gradient any more
def initialise_generator(generator, target_layer_sizes):
    from hyperlib import hyperfan_in_std, parameter_offsets
    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for m in layers:
        nn.init.kaiming_normal_(m.weight)
        nn.init.zeros_(m.bias)
    last = layers[-1]
    stds = [s for n_in, _ in target_layer_sizes for s in hyperfan_in_std(n_in, last.in_features)]
    rows = [torch.randn(b - a, last.in_features) * s for (a, b), s in zip(parameter_offsets(target_layer_sizes), stds)]
    last.weight = nn.Parameter(torch.cat(rows), requires_grad=False)
    return generator

# %% start_at: the last bias gets no gradient
def start_at(generator, net):
    last = generator[-1]
    nn.init.zeros_(last.weight)
    last.bias = nn.Parameter(torch.cat([p.detach().flatten() for p in net.parameters()]), requires_grad=False)
    return generator

# %% start_at: Nothing comes back
def start_at(generator, net):
    flat = torch.cat([p.flatten() for p in net.parameters()])
    with torch.no_grad():
        generator[-1].weight.zero_()
        generator[-1].bias.copy_(flat)

# %% start_at: All weights still come first
def start_at(generator, net):
    last = generator[-1]
    weights = [m.weight.flatten() for m in net if isinstance(m, nn.Linear)]
    biases = [m.bias for m in net if isinstance(m, nn.Linear)]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.cat(weights + biases))
    return generator

# %% start_at: The weights are transposed
def start_at(generator, net):
    last = generator[-1]
    flat = torch.cat([torch.cat([m.weight.T.flatten(), m.bias]) for m in net if isinstance(m, nn.Linear)])
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(flat)
    return generator

# %% start_at: only the bias would ever learn
def start_at(generator, net):
    flat = torch.cat([p.detach().flatten() for p in net.parameters()])
    for p in generator.parameters():
        p.data.zero_()
    generator[-1].bias.data.copy_(flat)
    return generator

# %% build_weight_generator: Not every hidden layer has its ReLU
def build_weight_generator(c, i, o, hidden_sizes=(256, 256), name='weight_gen'):
    net, w = nn.Sequential(), c
    for k, h in enumerate(hidden_sizes):
        net.add_module(f'{name}_hidden_{k}', nn.Linear(w, h))
        net.add_module('relu', nn.ReLU())
        w = h
    net.add_module(f'{name}_params', nn.Linear(w, i * o + o))
    nn.init.uniform_(net[-1].weight, -0.01, 0.01)
    nn.init.zeros_(net[-1].bias)
    return net

# %% build_weight_generator: The hidden layers don't start as nn.Linear makes them
def build_weight_generator(c, i, o, hidden_sizes=(256, 256), name='weight_gen'):
    net, w = nn.Sequential(), c
    for k, h in enumerate(hidden_sizes):
        net.add_module(f'{name}_hidden_{k}', nn.Linear(w, h))
        nn.init.zeros_(net[-1].bias)
        net.add_module(f'{name}_relu_{k}', nn.ReLU())
        w = h
    net.add_module(f'{name}_params', nn.Linear(w, i * o + o))
    nn.init.uniform_(net[-1].weight, -0.01, 0.01)
    nn.init.zeros_(net[-1].bias)
    return net

# %% build_weight_generator: stay as nn.Linear makes them
def build_weight_generator(c, i, o, hidden_sizes=(256, 256), name='weight_gen'):
    net, w = nn.Sequential(), c
    for k, h in enumerate(hidden_sizes):
        net.add_module(f'{name}_hidden_{k}', nn.Linear(w, h))
        nn.init.kaiming_normal_(net[-1].weight)
        net.add_module(f'{name}_relu_{k}', nn.ReLU())
        w = h
    net.add_module(f'{name}_params', nn.Linear(w, i * o + o))
    nn.init.uniform_(net[-1].weight, -0.01, 0.01)
    nn.init.zeros_(net[-1].bias)
    return net

# %% build_weight_generator: `hyperlib.build_weight_generator` is what you are building in this exercise
import hyperlib
def build_weight_generator(*args, **options):
    return hyperlib.build_weight_generator(*args, **options)

# %% apply_generated_weights: is what you are building in this exercise
def apply_generated_weights(data, flat_weights, target_layer_sizes, activation=torch.relu):
    from hyperlib import apply_generated_weights as theirs
    return theirs(data, flat_weights, target_layer_sizes, activation)

# %% Hypernetwork: PyTorch finds no parameters
import hyperlib
class Hypernetwork(nn.Module):
    def __init__(self, c, sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__()
        self.c, self.sizes, self.hidden, self.act = c, sizes, hidden_sizes, activation
    def forward(self, c, x):
        gens = [hyperlib.build_weight_generator(self.c, *s, self.hidden, f'weight_gen_{i}') for i, s in enumerate(self.sizes)]
        return hyperlib.apply_generated_weights(x, [g(c) for g in gens], self.sizes, self.act)

# %% Hypernetwork: There is no activation between
import hyperlib
class Hypernetwork(nn.Module):
    def __init__(self, c, sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__()
        self.sizes = sizes
        self.generators = nn.ModuleList(hyperlib.build_weight_generator(c, *s, hidden_sizes, f'weight_gen_{i}') for i, s in enumerate(sizes))
    def forward(self, c, x):
        for g, s in zip(self.generators, self.sizes):
            x = hyperlib.apply_generated_weights(x, [g(c)], [s])
        return x

# %% Hypernetwork: Leave the generators as
import hyperlib
class Hypernetwork(nn.Module):
    def __init__(self, c, sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__()
        self.sizes, self.act = sizes, activation
        self.generators = nn.ModuleList(hyperlib.build_weight_generator(c, *s, hidden_sizes, f'weight_gen_{i}') for i, s in enumerate(sizes))
        for p in self.parameters():
            nn.init.normal_(p, std=0.1)
    def forward(self, c, x):
        return hyperlib.apply_generated_weights(x, [g(c) for g in self.generators], self.sizes, self.act)

# %% encode: pi has more digits
def encode(degrees):
    a = degrees * 3.1416 / 180
    return torch.stack([a.cos(), a.sin()], -1)

# %% group_by_condition: differ a little are different
def group_by_condition(conditioning):
    return torch.unique(conditioning.round(decimals=3), dim=0, return_inverse=True)

# %% fine_tune: changed its input `flat` in place
import hyperlib
def fine_tune(flat, sizes, data, target, steps, lr):
    flat.requires_grad_()
    opt = torch.optim.Adam([flat], lr=lr)
    for _ in range(steps):
        out = hyperlib.target_forward(data, hyperlib.unflatten(flat, sizes))
        loss = F.cross_entropy(out.flatten(0, -2), target.flatten())
        opt.zero_grad(); loss.backward(); opt.step()
    return flat.detach()

# %% adapt: changed its input
def adapt(model, z, data, target, steps, lr):
    z.requires_grad_()
    opt = torch.optim.Adam([z], lr=lr)
    for _ in range(steps):
        loss = F.cross_entropy(model(z, data).flatten(0, -2), target.flatten())
        opt.zero_grad(); loss.backward(); opt.step()
    return z.detach().clone()

# %% ChunkedGenerator: The embeddings don't spread as
class ChunkedGenerator(nn.Module):
    def __init__(self, c, sizes, chunk, emb, hidden_sizes=(64,)):
        super().__init__()
        self.P = sum(i * o + o for i, o in sizes)
        self.embeddings = nn.Parameter(torch.zeros(-(-self.P // chunk), emb))
        mods, w = [], c + emb
        for h in hidden_sizes:
            mods += [nn.Linear(w, h), nn.ReLU()]
            w = h
        self.generator = nn.Sequential(*mods, nn.Linear(w, chunk))
    def forward(self, z):
        k = len(self.embeddings)
        both = torch.cat([z.unsqueeze(-2).expand(*z.shape[:-1], k, -1), self.embeddings.expand(*z.shape[:-1], k, -1)], -1)
        return self.generator(both).flatten(-2)[..., :self.P]

# %% ChunkedGenerator: `hidden_sizes` may be empty, too
class ChunkedGenerator(nn.Module):
    def __init__(self, c, sizes, chunk, emb, hidden_sizes=(64,)):
        super().__init__()
        self.P = sum(i * o + o for i, o in sizes)
        self.embeddings = nn.Parameter(torch.randn(-(-self.P // chunk), emb))
        self.generator = nn.Sequential(nn.Linear(c + emb, 32), nn.ReLU(), nn.Linear(32, chunk))
    def forward(self, z):
        k = len(self.embeddings)
        both = torch.cat([z.unsqueeze(-2).expand(*z.shape[:-1], k, -1), self.embeddings.expand(*z.shape[:-1], k, -1)], -1)
        return self.generator(both).flatten(-2)[..., :self.P]

# %% adapt: nobody can go on training it
def adapt(model, c, x, y, steps, lr):
    for p in model.parameters():
        p.requires_grad = False
    z = c.detach().clone().requires_grad_()
    opt = torch.optim.Adam([z], lr)
    for _ in range(steps):
        opt.zero_grad()
        F.cross_entropy(model(z, x).flatten(0, -2), y.flatten()).backward()
        opt.step()
    return z.detach()

# %% largest_hidden: which a float does not hold exactly
import math
def largest_hidden(b, i, o):
    return math.floor((b - o) / (i + 1 + o))
