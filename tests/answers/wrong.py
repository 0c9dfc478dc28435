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

# %% HyperNet: Is a `return` missing?
class HyperNet(nn.Module):
    def __init__(self, z_dim, i, h, o):
        super().__init__()
        self.total_target_params = i * h + h + h * o + o
        self.generator = nn.Linear(z_dim, self.total_target_params)
    def forward(self, z):
        flat = self.generator(z)

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

# %% with_condition: the gradient is cut
def with_condition(conditioning, x):
    rows = [[c + row for row in task] for c, task in zip(conditioning.tolist(), x.tolist())]
    return torch.tensor(rows)

# %% batched_linear: `vmap` does the whole work
def batched_linear(x, weight, bias):
    return torch.vmap(F.linear)(x, weight, bias)

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

# %% group_by_condition: has 3 items; expected 2
def group_by_condition(conditioning):
    return torch.unique(conditioning, dim=0, return_inverse=True, return_counts=True)

# %% group_by_condition: dtype int32; expected int64
def group_by_condition(conditioning):
    conditions, index = torch.unique(conditioning, dim=0, return_inverse=True)
    return conditions, index.int()

# %% group_by_condition: wrong order
def group_by_condition(conditioning):
    kinds = sorted({str(row): row for row in conditioning}.values(), key=str)
    index = [next(i for i, k in enumerate(kinds) if torch.equal(k, row)) for row in conditioning]
    return torch.stack(kinds), torch.tensor(index)

# %% hyperfan_in_std: raised KeyError: 'sin'
def hyperfan_in_std(n_in, n_features, activation="relu"):
    gain = {"relu": 2, "tanh": 1}[activation]
    return (gain / (2 * n_in * n_features)) ** 0.5, (gain / (2 * n_features)) ** 0.5

# %% hyperfan_in_std: is of type torch tensor; expected float
def hyperfan_in_std(n_in, n_features, activation="relu"):
    gain = 2.0 if activation == "relu" else 1.0
    return torch.tensor(gain / (2 * n_in * n_features)).sqrt(), torch.tensor(gain / (2 * n_features)).sqrt()

# %% initialise_generator: parameters may be changed inside `with torch.no_grad():`
def initialise_generator(generator, target_layer_sizes):
    last = generator[-1]
    last.weight[:4].normal_(std=0.1)
    return generator

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

# %% largest_hidden: which a float does not hold exactly
import math
def largest_hidden(b, i, o):
    return math.floor((b - o) / (i + 1 + o))

# %% ridge: `1 / matrix` divides number by number
def ridge(x, y, lam):
    n = x.shape[0]
    return ((x.T @ x + lam * n * torch.eye(x.shape[1])) ** -1 @ x.T @ y).T

# %% ridge: the result lies on its side
def ridge(x, y, lam):
    n = x.shape[0]
    return torch.linalg.inv(x.T @ x + n * lam * torch.eye(x.shape[1])) @ x.T @ y

# %% ridge: n is left out
def ridge(x, y, lam):
    return torch.linalg.solve(x.T @ x + lam * torch.eye(x.shape[1]), x.T @ y).T

# %% ridge: raised
def ridge(x, y, lam):
    return torch.linalg.inv(x.T @ x + len(x) * lam * torch.eye(x.shape[0])) @ x.T @ y

# %% penalised_loss: the error is a mean over the outputs as well
def penalised_loss(weight, x, y, lam):
    return torch.stack([F.mse_loss(F.linear(x, w), y) + l * w.square().sum() for w, l in zip(weight, lam)])

# %% penalised_loss: shape
def penalised_loss(weight, x, y, lam):
    return F.mse_loss(x @ weight.mT, y.expand(len(weight), *y.shape)) + (lam * weight.square().sum((1, 2))).sum()

# %% penalised_loss: the penalty is the *length* of the weights
def penalised_loss(weight, x, y, lam):
    return (x @ weight.mT - y).square().sum(-1).mean(-1) + lam * weight.flatten(1).norm(dim=1)

# %% response: the gates *open* as the penalty grows
def response(log_lam, base, directions, places):
    return base + torch.sigmoid(log_lam[:, None] - places) @ directions

# %% response: each penalty has to meet *each* place
def response(log_lam, base, directions, places):
    return base + torch.sigmoid(places - log_lam) @ directions

# %% response: the base is left out
def response(log_lam, base, directions, places):
    return torch.sigmoid(places - log_lam[:, None]) @ directions

# %% dial_step: the penalty is still in the loss
def dial_step(generate, log_lam, data, held_out, lr):
    dial = log_lam.detach().requires_grad_()
    weight = generate(dial)
    x, y = held_out
    loss = (x @ weight.T - y).square().sum(-1).mean() + dial.exp() * weight.square().sum()
    (slope,) = torch.autograd.grad(loss, dial)
    return log_lam - lr * slope

# %% dial_step: the errors are those of the *training* images
def dial_step(generate, log_lam, data, held_out, lr):
    dial = log_lam.detach().requires_grad_()
    x, y = data
    loss = (x @ generate(dial).T - y).square().sum(-1).mean()
    (slope,) = torch.autograd.grad(loss, dial)
    return log_lam - lr * slope

# %% dial_step: raised
def dial_step(generate, log_lam, data, held_out, lr):
    x, y = held_out
    loss = (x @ generate(log_lam).T - y).square().sum(-1).mean()
    loss.backward()
    return log_lam - lr * log_lam.grad

# %% tune: The gradients of the steps add up
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    dial = log_lam.detach().clone().requires_grad_()
    for _ in range(steps):
        val_loss(generate(dial)).backward()
        dial.data -= lr * dial.grad
        dial.data.clamp_(low, high)
    return dial.data

# %% tune: nothing keeps the dials in their range
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    for _ in range(steps):
        dial = log_lam.detach().requires_grad_()
        (g,) = torch.autograd.grad(val_loss(generate(dial)), dial)
        log_lam = log_lam - lr * g
    return log_lam

# %% tune: in place
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    dial = log_lam.requires_grad_()
    for _ in range(steps):
        (g,) = torch.autograd.grad(val_loss(generate(dial)), dial)
        with torch.no_grad():
            dial -= lr * g
            dial.clamp_(low, high)
    return dial
# %% scaled_rows: weight was made on the way
def scaled_rows(weight, d, x):
    return torch.einsum('bo,oi,bi->bo', d, weight, x)

# %% scaled_rows: weight was made on the way
def scaled_rows(weight, d, x):
    return torch.stack([(d[b].unsqueeze(1) * weight) @ x[b] for b in range(len(x))])

# %% scaled_rows: weight was made on the way
def scaled_rows(weight, d, x):
    return torch.vmap(lambda d, x: (d.diag() @ weight) @ x)(d, x)

# %% rank_one_linear: weights were made on the way
def rank_one_linear(x, weight, bias, r, s):
    return torch.einsum('bni,bo,bi,oi->bno', x, r, s, weight) + bias

# %% rank_one_linear: weights were made on the way
def rank_one_linear(x, weight, bias, r, s):
    return torch.stack([x[b] @ (r[b][:, None] * s[b] * weight).T + bias for b in range(len(x))])

# %% rank_one_linear: weights were made on the way
def rank_one_linear(x, weight, bias, r, s):
    return torch.vmap(lambda x, r, s: F.linear(x, torch.outer(r, s) * weight, bias))(x, r, s)

# %% rank_one_linear: The bias is added twice
def rank_one_linear(x, weight, bias, r, s):
    return r[:, None] * F.linear(s[:, None] * x, weight, bias) + bias

# %% low_rank_linear: was made on the way
def low_rank_linear(x, weight, bias, a, b):
    return F.linear(x, weight, bias) + torch.einsum('bor,bri,bni->bno', b, a, x)

# %% low_rank_linear: was made on the way
def low_rank_linear(x, weight, bias, a, b):
    return torch.stack([F.linear(x[k], weight + b[k] @ a[k], bias) for k in range(len(x))])

# %% low_rank_linear: was made on the way
def low_rank_linear(x, weight, bias, a, b):
    return torch.vmap(lambda x, a, b: F.linear(x, weight + b @ a, bias))(x, a, b)

# %% low_rank_linear: The bias is added twice
def low_rank_linear(x, weight, bias, a, b):
    return F.linear(x, weight, bias) + x @ a.mT @ b.mT + bias

# %% low_rank_linear: have changed places
def low_rank_linear(x, weight, bias, a, b):
    return F.linear(x, weight, bias) + (x @ b) @ a

# %% film: expected 22, got 8
def film(y, scale, shift):
    return y + scale.unsqueeze(1)

# %% FilmLayer: The shift is scaled too
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        scale, shift = self.generator(conditioning)[:, None].chunk(2, -1)
        return (1 + scale) * (y + shift)

# %% FilmLayer: the ReLU stops it there
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        scale, shift = self.generator(conditioning)[:, None].chunk(2, -1)
        return torch.relu(scale + 1) * y + shift

# %% FilmLayer: All conditions get the scale and shift of condition 0
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        scale, shift = self.generator(conditioning[:1])[:, None].chunk(2, -1)
        return (1 + scale) * y + shift

# %% FilmLayer: changed places
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        shift, scale = self.generator(conditioning)[:, None].chunk(2, -1)
        return (1 + scale) * y + shift

# %% FilmLayer: Each unit has a scale of its own
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        scale, shift = self.generator(conditioning)[:, None].chunk(2, -1)
        return (1 + scale.mean(-1, keepdim=True)) * y + shift

# %% FilmLayer: needs an nn.Linear that makes 2 * size numbers
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        return (1 + self.generator(conditioning)[:, None]) * y

# %% conv_per_row: turned by half a turn
def conv_per_row(x, kernels):
    b, o, i, k, _ = kernels.shape
    kernels = kernels.flip(-1, -2)
    out = F.conv2d(x.reshape(1, b * i, *x.shape[2:]), kernels.reshape(b * o, i, k, k), groups=b)
    return out.view(b, o, *out.shape[2:])

# %% conv_per_row: do it without
def conv_per_row(x, kernels):
    return torch.vmap(lambda a, k: F.conv2d(a[None], k)[0])(x, kernels)

# %% static_kernel: the slices were viewed as [n_out, n_in, ...]
def static_kernel(z, w_in, b_in, w_out, b_out, size):
    a = w_in @ z + b_in
    return (a @ w_out.T + b_out).view(-1, len(w_in), size, size)

# %% kernel_rank: a fixed number
def kernel_rank(kernel):
    s = torch.linalg.svdvals(kernel.movedim(1, 0).flatten(1))
    return int((s > 0.1).sum())

# %% kernel_rank: of type torch tensor; expected int
def kernel_rank(kernel):
    return torch.linalg.matrix_rank(kernel.movedim(1, 0).flatten(1))

# %% tile_kernels: interleaved
def tile_kernels(kernels, rows, cols):
    n, o, i, k, k2 = kernels.shape
    return kernels.view(rows, cols, o, i, k, k2).permute(2, 0, 3, 1, 4, 5).reshape(rows * o, cols * i, k, k2)

# %% batch_starts: rows 0 to 2 and rows 3 to 5
def batch_starts(n, batch, steps):
    return [min(k * batch, n - 2 * batch) for k in range(steps)]

# %% RowScale: get the same scales
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.ones_(self.z.bias)
        nn.init.constant_(self.d.weight, 0.1 / z_dim)
    def forward(self, state):
        return self.d(self.z(state[:1])).expand(len(state), -1)

# %% RowScale: z is frozen
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.ones_(self.z.bias)
        nn.init.constant_(self.d.weight, 0.1 / z_dim)
        self.z.requires_grad_(False)
    def forward(self, state):
        return self.d(self.z(state))

# %% RowScale: neither layer is used
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
    def forward(self, state):
        return torch.full((len(state), self.d.out_features), 0.1)

# %% RowScale: expected 0.1
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.zeros_(self.z.bias)
        nn.init.constant_(self.d.weight, 0.1)
    def forward(self, state):
        return self.d(self.z(state))

# %% RowScale: get the same scales
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.d.weight)
    def forward(self, state):
        return 0.1 + self.d(self.z(state.mean(0, keepdim=True))).expand(len(state), -1)

# %% RowScale: to the small cell
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.d.weight)
    def forward(self, state):
        return 0.1 + self.d(self.z(state.detach()))

# %% RowScale: All rows get one scale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.d.weight)
    def forward(self, state):
        return 0.1 + self.d(self.z(state)).mean(1, keepdim=True).expand(-1, self.d.out_features)

# %% hyper_rnn_step: This is a sigmoid
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    return torch.sigmoid(d_h * (h @ w_h.T) + d_x * (x @ w_x.T) + b)

# %% hyper_rnn_step: The bias is scaled too
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    return torch.tanh(d_h * (h @ w_h.T) + d_x * (x @ w_x.T + b))
