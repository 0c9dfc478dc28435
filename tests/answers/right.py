# Right answers in many styles: all are accepted.  Each section is the cell of the exercise that it names.

# %% layer_parameters
def layer_parameters(a, b):
    return sum(p.numel() for p in nn.Linear(a, b, device='meta').parameters())

# %% layer_parameters
layer_parameters = lambda n_in, n_out: (n_in + 1) * n_out

# %% count_parameters
def count_parameters(sizes):
    return sum((a + 1) * b for a, b in sizes)

# %% count_parameters
def count_parameters(s):
    return 0 if not s else s[0][0] * s[0][1] + s[0][1] + count_parameters(s[1:])

# %% largest_hidden
def largest_hidden(budget, n_in, n_out):
    h = 1
    while (h + 1) * (n_in + 1 + n_out) + n_out <= budget:
        h += 1
    return h

# %% count_module
def count_module(m):
    return sum({id(p): p.numel() for p in m.parameters()}.values())

# %% count_module
def count_module(m):
    seen, total = set(), 0
    for s in m.modules():
        for p in s.parameters(recurse=False):
            if id(p) not in seen:
                seen.add(id(p))
                total += p.numel()
    return total

# %% parameter_offsets
from itertools import accumulate
def parameter_offsets(sizes):
    ends = list(accumulate(n for a, b in sizes for n in (a * b, b)))
    return list(zip([0] + ends[:-1], ends))

# %% parameter_offsets
def parameter_offsets(sizes):
    out, i = [], 0
    for a, b in sizes:
        out += [[i, i + a * b], [i + a * b, i + a * b + b]]
        i += a * b + b
    return tuple(out)

# %% unflatten
def unflatten(flat, sizes):
    parts = list(torch.split(flat, [n for a, b in sizes for n in (a * b, b)], -1))
    return [(parts[2 * i].reshape(*flat.shape[:-1], b, a), parts[2 * i + 1]) for i, (a, b) in enumerate(sizes)]

# %% unflatten
def unflatten(flat, sizes):
    out, i = [], 0
    for a, b in sizes:
        out.append([flat.narrow(-1, i, a * b).clone().view(*flat.shape[:-1], b, a), flat.narrow(-1, i + a * b, b)])
        i += a * b + b
    return tuple(out)

# %% flatten
def flatten(weights):
    lead = weights[0][1].shape[:-1]
    return torch.cat([p.reshape(*lead, -1) for pair in weights for p in pair], -1)

# %% linear
def linear(x, weight, bias):
    return torch.einsum('...i,oi->...o', x, weight) + bias

# %% linear
def linear(x, weight, bias):
    return torch.matmul(x, weight.transpose(0, 1)) + bias

# %% linear
def linear(x, weight, bias):
    return (x.unsqueeze(-2) * weight).sum(-1) + bias

# %% TargetNet
class TargetNet(nn.Module):
    def forward(self, x, weights):
        w1, b1, w2, b2 = weights
        h = F.linear(x, w1, b1)
        h = h.clamp(min=0)
        return F.linear(h, w2, b2)

# %% TargetNet
class TargetNet(nn.Module):
    def forward(self, x, weights):
        w1, b1, w2, b2 = weights
        h = F.linear(x, w1, b1)
        h = torch.maximum(h, torch.zeros_like(h))
        return F.linear(h, w2, b2)

# %% TargetNet
class TargetNet(nn.Module):
    def forward(self, x, weights):
        w1, b1, w2, b2 = weights
        h = F.linear(x, w1, b1)
        h = h.relu_()
        return F.linear(h, w2, b2)

# %% TargetNet
class TargetNet(nn.Module):
    def forward(self, x, weights):
        w1, b1, w2, b2 = weights
        h = F.linear(x, w1, b1)
        h = nn.ReLU()(h)
        return F.linear(h, w2, b2)

# %% TargetNet
class TargetNet(nn.Module):
    def forward(self, x, weights):
        w1, b1, w2, b2 = weights
        h = F.linear(x, w1, b1)
        h = h * (h > 0)
        return F.linear(h, w2, b2)

# %% target_forward
def target_forward(x, weights, activation):
    *first, (w, b) = weights
    for v, c in first:
        x = activation(x @ v.T + c)
    return x @ w.T + b

# %% HyperNet
import hyperlib
class HyperNet(nn.Module):
    def __init__(self, z_dim, i, h, o):
        super().__init__()
        self.sizes = [(i, h), (h, o)]
        self.total_target_params = hyperlib.count_parameters(self.sizes)
        self.generator = nn.Linear(z_dim, self.total_target_params)
    def forward(self, z):
        (w1, b1), (w2, b2) = hyperlib.unflatten(self.generator(z), self.sizes)
        return w1, b1, w2, b2

# %% HyperNet
class HyperNet(nn.Module):
    def __init__(self, z_dim, i, h, o):
        super().__init__()
        self.shapes = [(h, i), (h,), (o, h), (o,)]
        self.n = [h * i, h, o * h, o]
        self.total_target_params = sum(self.n)
        self.generator = nn.Sequential(nn.Linear(z_dim, 8), nn.Tanh(), nn.LayerNorm(8), nn.Linear(8, sum(self.n)))
    def forward(self, z):
        parts = self.generator(z).split(self.n, dim=-1)
        return [p.reshape(*z.shape[:-1], *s) for p, s in zip(parts, self.shapes)]

# %% gradient_reaches
def gradient_reaches(loss, module):
    out = {n: False for n, _ in module.named_parameters()}
    wanted = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    if loss.grad_fn is None or not wanted:
        return out
    gs = torch.autograd.grad(loss, [p for _, p in wanted], allow_unused=True, retain_graph=True)
    for (n, _), g in zip(wanted, gs):
        out[n] = g is not None
    return out

# %% gradient_reaches
def gradient_reaches(loss, module):
    def reached(p):
        try:
            g, = torch.autograd.grad(loss, p, retain_graph=True)
        except RuntimeError:
            return False
        return True
    return {name: reached(p) for name, p in module.named_parameters()}

# %% train_hypernet
def train_hypernet(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(hypernet.parameters(), lr=lr)
    losses = []
    for i in range(steps):
        loss = ((target(x, hypernet(z)) - y) ** 2).mean()
        losses.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return losses

# %% count_parameters
def count_parameters(layer_sizes):
    layers = [nn.Linear(a, b) for a, b in layer_sizes]
    return sum(p.numel() for layer in layers for p in layer.parameters())

# %% line
def line(x, w, b):
    return torch.add(torch.mul(x, w), b)

# %% generator_gradient
def generator_gradient(z, g):
    return torch.einsum('bp,bz->pz', g, z)

# %% generator_gradient
def generator_gradient(z, g):
    return sum(torch.outer(a, b) for a, b in zip(g, z))

# %% sample_tasks
def sample_tasks(n_tasks, n_points, amp, ph, g):
    low, high = torch.tensor([amp, ph], dtype=torch.float32).T
    c = low + (high - low) * torch.rand(n_tasks, 2, generator=g)
    x = torch.rand((n_tasks, n_points, 1), generator=g) * 6 - 3
    A, P = c.unsqueeze(1).chunk(2, -1)
    return c, x, A * torch.sin(x + P)

# %% sample_tasks
import math
def sample_tasks(tasks, n, amplitude, phase, generator):
    x = torch.empty(tasks, n, 1).uniform_(-3, 3, generator=generator)
    a = torch.empty(tasks).uniform_(*amplitude, generator=generator)
    p = torch.empty(tasks).uniform_(*phase, generator=generator)
    y = torch.stack([a[i] * (torch.sin(x[i]) * math.cos(p[i]) + torch.cos(x[i]) * math.sin(p[i])) for i in range(tasks)])
    return [torch.stack([a, p], dim=1), x, y]

# %% sample_tasks
def sample_tasks(tasks, n, amplitude, phase, generator):
    from hyperlib import sines
    def draw(lo, hi, *shape):
        return torch.lerp(torch.tensor(float(lo)), torch.tensor(float(hi)), torch.rand(*shape, generator=generator))
    conditions = torch.cat((draw(*amplitude, tasks, 1), draw(*phase, tasks, 1)), 1)
    x = draw(-3, 3, tasks, n, 1)
    return conditions, x, sines(conditions, x)

# %% train_step
def train_step(m, opt, c, x, y):
    opt.zero_grad()
    loss = ((m(c, x) - y) ** 2).mean()
    loss.backward()
    opt.step()
    return float(loss.detach())

# %% train_step
def train_step(model, optimizer, conditioning, x, y):
    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = nn.MSELoss()(model(conditioning, x), y)
        loss.backward()
        return loss
    return optimizer.step(closure).item()

# %% train_step
def train_step(model, optimizer, conditioning, x, y):
    loss = F.mse_loss(model(conditioning, x), y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()

# %% conditioning_gap
def conditioning_gap(f, c, x, y):
    shuffled = torch.cat([c[-1:], c[:-1]])
    return float(F.mse_loss(f(shuffled, x), y).detach()) - float(F.mse_loss(f(c, x), y).detach())

# %% conditioning_gap
@torch.no_grad()
def conditioning_gap(model, conditioning, data, target):
    i = torch.arange(len(conditioning)) - 1
    other = (model(conditioning[i], data) - target).square().mean()
    return (other - (model(conditioning, data) - target).square().mean()).item()

# %% with_condition
def with_condition(conditioning, x):
    batch, n, _ = x.shape
    copies = conditioning.repeat_interleave(n, 0)
    copies = copies.reshape(batch, n, -1)
    return torch.cat([copies, x], dim=-1)

# %% with_condition
def with_condition(conditioning, x):
    n = x.size(1)
    copies = conditioning.repeat(n, 1).reshape(n, len(x), -1).transpose(0, 1)
    return torch.cat((copies, x), -1)

# %% with_condition
def with_condition(c, x):
    return torch.stack([torch.cat([c[b].repeat(x.shape[1], 1), x[b]], dim=1) for b in range(len(c))])
# %% batched_linear
def batched_linear(x, weight, bias):
    return torch.einsum('ni,noi->no', x, weight) + bias

# %% batched_linear
def batched_linear(rows, w, b):
    return torch.bmm(w, rows[:, :, None])[..., 0] + b

# %% batched_linear
def batched_linear(x, weight, bias):
    return (weight * x[:, None]).sum(dim=2) + bias

# %% batched_linear
def batched_linear(x, weight, bias):
    out = torch.baddbmm(bias.unsqueeze(2), weight, x.unsqueeze(2))
    return out.reshape(out.shape[:2])

# %% batched_linear
def batched_linear(x, weight, bias):
    # no loop: for every row its own matrix
    out = torch.matmul(x.unsqueeze(1), weight.transpose(1, 2)) + bias.unsqueeze(1)
    return out.squeeze(dim=1)

# %% batched_linear
def batched_linear(x, weight, bias):
    # the bias as one more column, which meets a 1
    x = torch.cat([x, torch.ones(len(x), 1)], 1)
    both = torch.cat([weight, bias[:, :, None]], 2)
    return (both * x[:, None].expand(both.shape)).sum(-1)

# %% target_vmap
from torch.func import functional_call, vmap
def target_vmap(module, x, weights):
    names = [n for n, p in module.named_parameters()]
    def f(row, *tensors):
        return functional_call(module, {n: t for n, t in zip(names, tensors)}, row)
    return vmap(f, in_dims=0)(x, *weights)

# %% target_vmap
from torch.func import functional_call, vmap
def target_vmap(net, x, weights):
    named = dict(zip(dict(net.named_parameters()).keys(), weights))
    return vmap(lambda params, row: functional_call(net, params, (row,)))(named, x)

# %% target_vmap
def target_vmap(module, x, weights):
    params = {}
    for i, (name, _) in enumerate(module.named_parameters()):
        params[name] = weights[i]
    def one(p, row):
        return torch.func.functional_call(module, p, (row,))
    return torch.func.vmap(one, in_dims=(0, 0), out_dims=0)(params, x)

# %% bytes_of_generated_weights
def bytes_of_generated_weights(batch, target_layer_sizes, dtype):
    return sum((a + 1) * b for a, b in target_layer_sizes) * batch * (torch.finfo(dtype).bits // 8)

# %% bytes_of_generated_weights
def bytes_of_generated_weights(n, sizes, dtype):
    total = 0
    for a, b in sizes:
        total += torch.empty(n, b, a, dtype=dtype).nbytes + torch.empty(n, b, dtype=dtype).nbytes
    return total

# %% bytes_of_generated_weights
def bytes_of_generated_weights(batch, sizes, dtype):
    element = torch.tensor([], dtype=dtype).element_size()
    return int(sum(batch * element * (i * o + o) for (i, o) in sizes))

# %% group_by_condition
def group_by_condition(c):
    conditions, index = c.unique(dim=0, return_inverse=True)
    return conditions, index

# %% group_by_condition
def group_by_condition(conditioning):
    rows = [tuple(r) for r in conditioning.tolist()]
    distinct = sorted(set(rows))
    return torch.tensor(distinct), torch.tensor([distinct.index(r) for r in rows])

# %% group_by_condition
def group_by_condition(conditioning):
    conditions = torch.unique(conditioning, dim=0)
    same = (conditioning[:, None] == conditions).all(-1)
    return [conditions, same.int().argmax(1)]

# %% grouped_linear
def grouped_linear(x, weight, bias):
    return x @ weight.mT + bias[:, None]

# %% grouped_linear
def grouped_linear(x, weight, bias):
    return torch.baddbmm(bias.unsqueeze(1), x, weight.transpose(-1, -2))

# %% grouped_linear
def grouped_linear(x, weight, bias):
    return torch.stack([F.linear(*layer) for layer in zip(x, weight, bias)])

# %% generated_variance
def generated_variance(e, v, b):
    return torch.einsum('...k,...k->...', e, e) * v + b

# %% generated_variance
def generated_variance(features, weight_variance, bias_variance):
    return features.norm(dim=-1) ** 2 * weight_variance + bias_variance

# %% hyperfan_in_std
import math
def hyperfan_in_std(fan_in, n, act="relu"):
    c = {"relu": 1.0}.get(act, 0.5)
    return [math.sqrt(c / fan_in / n), math.sqrt(c / n)]

# %% hyperfan_in_std
def hyperfan_in_std(n_in, n_features, activation="relu"):
    relu = int(activation == "relu")
    v = lambda d: torch.tensor(2.0 ** relu / (2 * d * n_features)).sqrt().item()
    return v(n_in), v(1)

# %% initialise_generator
def initialise_generator(g, sizes):
    linears = [m for m in g.modules() if type(m) is nn.Linear]
    for m in linears:
        m.bias.data.fill_(0)
    for m in linears[:-1]:
        nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")
    w = linears[-1].weight.data
    n, row = w.shape[1], 0
    for i, o in sizes:
        bound = (3 / (i * n)) ** 0.5
        w[row:row + i * o].uniform_(-bound, bound)
        row += i * o
        nn.init.normal_(w[row:row + o], 0, n ** -0.5)
        row += o
    return g

# %% initialise_generator
import hyperlib
def initialise_generator(generator, target_layer_sizes):
    *hidden, last = (m for m in generator.children() if isinstance(m, nn.Linear))
    for m in hidden:
        m.weight = nn.Parameter(torch.randn_like(m.weight) * (2 / m.in_features) ** 0.5)
        m.bias = nn.Parameter(torch.zeros_like(m.bias))
    parts = []
    for a, b in target_layer_sizes:
        sw, sb = hyperlib.hyperfan_in_std(a, last.in_features)
        parts += [sw * torch.randn(a * b, last.in_features), sb * torch.randn(b, last.in_features)]
    last.weight = nn.Parameter(torch.cat(parts))
    last.bias = nn.Parameter(torch.zeros_like(last.bias))
    return generator

# %% start_at
def start_at(generator, net):
    last = generator[-1]
    with torch.no_grad():
        last.weight.fill_(0.0)
        last.bias[:] = nn.utils.parameters_to_vector(net.parameters())
    return generator

# %% start_at
import hyperlib
def start_at(generator, net):
    pairs = [(m.weight, m.bias) for m in net if isinstance(m, nn.Linear)]
    generator[-1].weight = nn.Parameter(torch.zeros_like(generator[-1].weight))
    generator[-1].bias = nn.Parameter(hyperlib.flatten(pairs).detach().clone())
    return generator

# %% build_weight_generator
from collections import OrderedDict
def build_weight_generator(c, i, o, hidden_sizes=(256, 256), name='weight_gen'):
    widths = [c, *hidden_sizes]
    parts = OrderedDict()
    for k, (a, b) in enumerate(zip(widths, widths[1:])):
        parts[f'{name}_hidden_{k}'] = nn.Linear(a, b)
        parts[f'{name}_act_{k}'] = nn.ReLU()
    last = nn.Linear(widths[-1], (i + 1) * o)
    with torch.no_grad():
        last.weight.uniform_(-.01, .01)
        last.bias *= 0
    parts[f'{name}_params'] = last
    return nn.Sequential(parts)

# %% build_weight_generator
def build_weight_generator(c, i, o, hidden_sizes=(256, 256), name='weight_gen'):
    net = nn.Sequential()
    last = c
    for k in range(len(hidden_sizes)):
        net.add_module(name + '_hidden_' + str(k), nn.Linear(last, hidden_sizes[k]))
        net.add_module(name + '_hidden_relu_' + str(k), nn.ReLU())
        last = hidden_sizes[k]
    net.add_module(name + '_params', nn.Linear(last, i * o + o))
    net[-1].weight.data = torch.rand_like(net[-1].weight) * 0.02 - 0.01
    net[-1].bias.data.zero_()
    return net

# %% apply_generated_weights
def apply_generated_weights(x, flats, sizes, act=torch.relu):
    rows = x if x.dim() == 3 else x.unsqueeze(1)
    for k in range(len(sizes)):
        i, o = sizes[k]
        w = flats[k][:, :i * o].reshape(-1, o, i)
        b = flats[k][:, i * o:]
        rows = torch.baddbmm(b.unsqueeze(1), rows, w.transpose(1, 2))
        if k + 1 < len(sizes):
            rows = act(rows)
    return rows if x.dim() == 3 else rows.squeeze(1)

# %% apply_generated_weights
def apply_generated_weights(data, flat_weights, target_layer_sizes, activation=torch.relu):
    out = []
    for r in range(len(data)):
        h = data[r]
        for k, (i, o) in enumerate(target_layer_sizes):
            flat = flat_weights[k][r]
            h = F.linear(h, flat[:i * o].view(o, i), flat[i * o:])
            h = activation(h) if k < len(target_layer_sizes) - 1 else h
        out.append(h)
    return torch.stack(out)

# %% Hypernetwork
import hyperlib
class Hypernetwork(nn.Module):
    def __init__(self, c, sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__()
        self.sizes, self.act = sizes, activation
        gens = [hyperlib.build_weight_generator(c, *s, hidden_sizes=hidden_sizes, name=f'weight_gen_{i}') for i, s in enumerate(sizes)]
        self.generators = nn.ModuleList(gens)
    def forward(self, c, x):
        return hyperlib.apply_generated_weights(x, [g(c) for g in self.generators], self.sizes, self.act)

# %% encode
import math
def encode(d):
    a = d / 180 * math.pi
    return torch.cat([torch.cos(a)[..., None], torch.sin(a)[..., None]], -1)

# %% encode
def encode(d):
    return torch.view_as_real(torch.polar(torch.ones_like(d), torch.deg2rad(d)))

# %% compression_ratio
def compression_ratio(h, sizes):
    made = sum((a + 1) * b for a, b in sizes)
    return made / sum(p.numel() for p in h.parameters())

# %% count_chunks
def count_chunks(total, size):
    return total // size + (total % size > 0)

# %% count_chunks
def count_chunks(total, size):
    q, r = divmod(total, size)
    if r == 0:
        return q
    return q + 1

# %% ChunkedGenerator
class ChunkedGenerator(nn.Module):
    def __init__(self, c, sizes, chunk, emb, hidden_sizes=(64,)):
        super().__init__()
        self.P = sum(i * o + o for i, o in sizes)
        n = (self.P + chunk - 1) // chunk
        self.embeddings = nn.Parameter(torch.normal(0., 1., (n, emb)))
        dims = [c + emb, *hidden_sizes, chunk]
        mods = []
        for a, b in zip(dims[:-1], dims[1:]):
            mods.append(nn.Linear(a, b))
            mods.append(nn.ReLU())
        self.generator = nn.Sequential(*mods[:-1])
    def forward(self, z):
        chunks = []
        for e in self.embeddings:
            chunks.append(self.generator(torch.cat([z, e.expand(*z.shape[:-1], len(e))], -1)))
        return torch.cat(chunks, -1)[..., :self.P]

# %% ChunkedGenerator
class ChunkedGenerator(nn.Module):
    def __init__(self, c, sizes, chunk_size, emb, hidden_sizes=(64,)):
        super().__init__()
        self.P = sum(i * o + o for i, o in sizes)
        self.embeddings = nn.Parameter(torch.randn(-(-self.P // chunk_size), emb))
        widths = [c + emb, *hidden_sizes]
        layers = [m for i, o in zip(widths, widths[1:]) for m in (nn.Linear(i, o), nn.ReLU())]
        self.generator = nn.Sequential(*layers, nn.Linear(widths[-1], chunk_size))
    def forward(self, c):
        # the first layer's product is split, so that nothing has to be joined
        n, first = c.shape[-1], self.generator[0]
        condition = F.linear(c, first.weight[:, :n]).unsqueeze(-2)
        embedding = F.linear(self.embeddings, first.weight[:, n:], first.bias)
        return self.generator[1:](condition + embedding).flatten(-2)[..., :self.P]

# %% adapt
def adapt(model, c, x, y, steps, lr):
    z = nn.Parameter(c.detach().clone())
    opt = torch.optim.Adam([z], lr)
    for _ in range(steps):
        opt.zero_grad()
        logits = model(z, x)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))
        z.grad, = torch.autograd.grad(loss, [z])
        opt.step()
    return z.data

# %% fine_tune
import hyperlib
def fine_tune(flat, sizes, data, target, steps, lr):
    w = torch.tensor(flat.tolist(), requires_grad=True)
    opt = torch.optim.Adam([w], lr=lr)
    for _ in range(steps):
        out = hyperlib.target_forward(data, hyperlib.unflatten(w, sizes))
        loss = F.cross_entropy(out.flatten(0, -2), target.flatten())
        opt.zero_grad(); loss.backward(); opt.step()
    return w.detach()

# %% count_chunks
import math
def count_chunks(total, chunk_size):
    return math.ceil(total / chunk_size)

# %% concatenation_as_bias
def concatenation_as_bias(weight, bias, conditioning):
    C = conditioning.size(-1)
    w_x, w_c = weight.split([weight.size(1) - C, C], dim=1)
    return w_x, F.linear(conditioning, w_c, bias)

# %% concatenation_as_bias
def concatenation_as_bias(weight, bias, conditioning):
    c = conditioning.shape[-1]
    return weight[:, :-c], torch.einsum('...c,oc->...o', conditioning, weight[:, -c:]) + bias

# %% film
def film(y, scale, shift):
    return scale[:, None] * y + shift[:, None, :]

# %% film
def film(y, scale, shift):
    return torch.stack([y[b] * scale[b] + shift[b] for b in range(len(y))])

# %% film
def film(y, scale, shift):
    return torch.einsum('bno,bo->bno', y, scale) + shift.unsqueeze(-2).expand_as(y)

# %% film
def film(y, scale, shift):
    return torch.addcmul(shift.unsqueeze(1), y, scale.unsqueeze(1))

# %% FilmLayer
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.size = size
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
        with torch.no_grad():
            self.generator.bias[:size] = 1
    def forward(self, conditioning, y):
        made = self.generator(conditioning).unsqueeze(1)
        scale, shift = made[..., :self.size], made[..., self.size:]
        return scale * y + shift

# %% FilmLayer
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        scale, shift = self.generator(conditioning)[:, None].chunk(2, -1)
        return y + scale * y + shift

# %% rank_one_linear
def rank_one_linear(x, weight, bias, r, s):
    return F.linear(x * s[:, None], weight) * r[:, None] + bias

# %% rank_one_linear
def rank_one_linear(x, weight, bias, r, s):
    return torch.stack([r[b] * F.linear(s[b] * x[b], weight) + bias for b in range(len(x))])

# %% rank_one_linear
def rank_one_linear(x, weight, bias, r, s):
    scaled = torch.einsum('bni,bi->bni', x, s)
    out = torch.einsum('bni,oi->bno', scaled, weight)
    return torch.einsum('bno,bo->bno', out, r) + bias

# %% low_rank_linear
def low_rank_linear(x, weight, bias, a, b):
    return F.linear(x, weight, bias) + torch.bmm(torch.bmm(x, a.transpose(1, 2)), b.transpose(1, 2))

# %% low_rank_linear
def low_rank_linear(x, weight, bias, a, b):
    h = torch.einsum('bni,bri->bnr', x, a)
    return x @ weight.T + bias + torch.einsum('bnr,bor->bno', h, b)

# %% low_rank_linear
def low_rank_linear(x, weight, bias, a, b):
    return torch.stack([F.linear(x[k], weight, bias) + F.linear(F.linear(x[k], a[k]), b[k]) for k in range(len(x))])

# %% generated_numbers
def generated_numbers(kind, n_in, n_out, rank=1):
    if kind == "bias":
        return n_out
    elif kind == "film":
        return 2 * n_out
    elif kind == "rank_one":
        return n_in + 2 * n_out
    elif kind == "low_rank":
        return rank * n_in + rank * n_out + n_out
    elif kind == "full":
        return (n_in + 1) * n_out

# %% generated_numbers
def generated_numbers(kind, n_in, n_out, rank=1):
    match kind:
        case "bias": weights = 0
        case "film": weights = n_out
        case "rank_one": weights = n_in + n_out
        case "low_rank": weights = rank * (n_in + n_out)
        case _: weights = n_in * n_out
    return weights + n_out

# %% FilmLayer
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.generator = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)
    def forward(self, conditioning, y):
        scale, shift = self.generator(conditioning)[:, None].chunk(2, -1)
        return scale.exp() * y + shift

# %% conv_per_row
def conv_per_row(x, kernels):
    b, o, i, k, _ = kernels.shape
    out = F.conv2d(x.reshape(1, b * i, *x.shape[2:]), kernels.reshape(b * o, i, k, k), groups=b)
    return out.view(b, o, *out.shape[2:])

# %% conv_per_row
def conv_per_row(x, kernels):
    b, o, i, k, k2 = kernels.shape
    patches = F.unfold(x, (k, k2))
    out = kernels.flatten(2) @ patches
    return out.view(b, o, x.shape[2] - k + 1, x.shape[3] - k2 + 1)

# %% conv_per_row
def conv_per_row(x, kernels):
    windows = x.unfold(2, kernels.shape[-2], 1).unfold(3, kernels.shape[-1], 1)
    return torch.einsum('bihwyx,boiyx->bohw', windows, kernels)

# %% static_parameters
def static_parameters(n_in, n_out, size, z_dim, layers=1):
    return z_dim * layers + z_dim * (z_dim + 1) * n_in + size * n_out * size * (z_dim + 1)

# %% static_parameters
def static_parameters(n_in, n_out, size, z_dim, layers=1):
    from hyperlib import layer_parameters
    return layers * z_dim + n_in * layer_parameters(z_dim, z_dim) + layer_parameters(z_dim, n_out * size ** 2)

# %% static_kernel
def static_kernel(z, w_in, b_in, w_out, b_out, size):
    slices = []
    for w, b in zip(w_in, b_in):
        a = w @ z + b
        slices.append((w_out @ a + b_out).view(-1, size, size))
    return torch.stack(slices, dim=1)

# %% static_kernel
def static_kernel(z, w_in, b_in, w_out, b_out, size):
    a = torch.einsum('idz,z->id', w_in, z) + b_in
    made = torch.einsum('nd,id->ni', w_out, a) + b_out[:, None]
    n_in = len(w_in)
    return made.view(-1, size, size, n_in).permute(0, 3, 1, 2)

# %% kernel_rank
def kernel_rank(kernel):
    o, i, h, w = kernel.shape
    return torch.linalg.matrix_rank(kernel.transpose(0, 1).reshape(i, o * h * w)).item()

# %% kernel_rank
def kernel_rank(kernel):
    s = torch.linalg.svdvals(kernel.permute(1, 0, 2, 3).flatten(1).double())
    return int((s > 1e-6 * s.max().clamp(min=1e-12)).sum())

# %% tile_kernels
def tile_kernels(kernels, rows, cols):
    n, o, i, k, k2 = kernels.shape
    return kernels.view(rows, cols, o, i, k, k2).permute(0, 2, 1, 3, 4, 5).reshape(rows * o, cols * i, k, k2)

# %% tile_kernels
def tile_kernels(kernels, rows, cols):
    return torch.cat([torch.cat([kernels[r * cols + c] for c in range(cols)], 1) for r in range(rows)], 0)

# %% batch_starts
def batch_starts(n, batch, steps):
    return [k * batch % n for k in range(steps)]

# %% batch_starts
def batch_starts(n, batch, steps):
    starts, pointer = [], 0
    for _ in range(steps):
        starts.append(pointer)
        if pointer >= n - batch:
            pointer = 0
        else:
            pointer += batch
    return starts

# %% scaled_rows
def scaled_rows(weight, d, x):
    return F.linear(x, weight) * d

# %% scaled_rows
def scaled_rows(weight, d, x):
    return torch.einsum('bi,oi,bo->bo', x, weight, d)

# %% scaled_rows
def scaled_rows(weight, d, x):
    return torch.stack([d[b] * (weight @ x[b]) for b in range(len(x))])

# %% hyper_rnn_step
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    return (F.linear(h, w_h) * d_h + F.linear(x, w_x) * d_x + b).tanh()

# %% hyper_rnn_step
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    both = torch.cat([d_h.unsqueeze(2) * w_h, d_x.unsqueeze(2) * w_x], dim=2)
    return torch.tanh((both @ torch.cat([h, x], 1).unsqueeze(2)).squeeze(2) + b)

# %% bits_per_character
def bits_per_character(logits, targets):
    logp = logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1))
    return -logp.mean() / torch.log(torch.tensor(2.0))

# %% bits_per_character
def bits_per_character(logits, targets):
    p = logits.softmax(-1)
    return -torch.log2(p.gather(-1, targets[..., None])).mean()

# %% bits_per_character
def bits_per_character(logits, targets):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)) / 0.6931471805599453

# %% hyperlstm_parameters
def hyperlstm_parameters(symbols, hidden_size, hyper_size, z_dim):
    def linear(a, b, bias=True):
        return a * b + b * bias
    total = linear(symbols + hidden_size, 4 * hidden_size)
    total += linear(symbols + hidden_size + hyper_size, 4 * hyper_size)
    for gate in range(4):
        total += 2 * linear(hyper_size, z_dim) + linear(hyper_size, z_dim, False)
        total += 3 * linear(z_dim, hidden_size, False)
    return total + linear(hidden_size, symbols)

# %% RowScale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.constant_(self.z.bias, 0.1)
        nn.init.constant_(self.d.weight, 1 / z_dim)
    def forward(self, state):
        return self.d(self.z(state))

# %% RowScale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        with torch.no_grad():
            self.z.weight.zero_()
            self.z.bias.fill_(1.0)
            self.d.weight.fill_(0.1 / z_dim)
    def forward(self, state):
        return self.d(self.z(state))

# %% ridge
def ridge(x, y, lam):
    n = len(x)
    return (torch.linalg.inv(x.T @ x / n + lam * torch.eye(x.shape[1])) @ (x.T @ y / n)).T

# %% ridge
def ridge(x, y, lam):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)
    return y.T @ u @ torch.diag(s / (s ** 2 + len(x) * lam)) @ vh

# %% ridge
def ridge(x, y, lam):
    n, d = x.shape
    more = (n * lam) ** 0.5 * torch.eye(d, dtype=x.dtype)
    big_x = torch.cat([x, more])
    big_y = torch.cat([y, torch.zeros(d, y.shape[1], dtype=y.dtype)])
    return torch.linalg.lstsq(big_x, big_y).solution.T

# %% ridge
def ridge(x, y, lam):
    gram = x.mT.matmul(x).clone()
    gram.diagonal().add_(lam * x.size(0))
    return torch.linalg.solve(gram, x.mT.matmul(y)).mT

# %% ridge
def ridge(x, y, lam):
    a = torch.eye(x.shape[1]).mul(lam * x.shape[0]).add(x.t().mm(x))
    return y.t().mm(x).mm(torch.inverse(a))

# %% penalised_loss
def penalised_loss(weight, x, y, lam):
    losses = []
    for w, l in zip(weight, lam):
        error = ((F.linear(x, w) - y) ** 2).sum(dim=1).mean()
        losses.append(error + l * (w ** 2).sum())
    return torch.stack(losses)

# %% penalised_loss
def penalised_loss(weight, x, y, lam):
    out = torch.einsum('koi,ni->kno', weight, x)
    return (out - y).pow(2).sum((1, 2)) / len(x) + lam * weight.flatten(1).pow(2).sum(1)

# %% penalised_loss
def penalised_loss(weight, x, y, lam):
    out = weight @ x.T
    return (out - y.T).square().sum(1).mean(1) + lam * torch.linalg.vector_norm(weight, dim=(1, 2)) ** 2

# %% penalised_loss
penalised_loss = lambda w, x, y, lam: F.mse_loss(x @ w.mT, y.expand(len(w), -1, -1), reduction='none').sum(2).mean(1) + lam * (w * w).sum(2).sum(1)

# %% response
def response(log_lam, base, directions, places):
    gates = 1 / (1 + (log_lam[:, None] - places[None]).exp())
    return base + gates @ directions

# %% response
def response(log_lam, base, directions, places):
    gates = torch.sigmoid(places.view(1, -1) - log_lam.view(-1, 1))
    return base + (gates[:, :, None] * directions).sum(1)

# %% response
def response(log_lam, base, directions, places):
    rows = []
    for l in log_lam:
        w = base
        for d, p in zip(directions, places):
            w = w + torch.sigmoid(p - l) * d
        rows.append(w)
    return torch.stack(rows)

# %% response
def response(log_lam, base, directions, places):
    return torch.addmm(base, F.sigmoid(-(log_lam.reshape(-1, 1) - places)), directions)

# %% dial_step
def dial_step(generate, log_lam, data, held_out, lr):
    dial = log_lam.clone().detach().requires_grad_(True)
    x, y = held_out
    loss = ((F.linear(x, generate(dial)) - y) ** 2).sum(1).mean()
    loss.backward()
    return (dial - lr * dial.grad).detach()

# %% dial_step
def dial_step(generate, log_lam, data, held_out, lr):
    dial = nn.Parameter(log_lam.clone())
    optimizer = torch.optim.SGD([dial], lr=lr)
    loss = (held_out[0] @ generate(dial).T - held_out[1]).square().sum(-1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return dial.detach()

# %% dial_step
def dial_step(generate, log_lam, data, held_out, lr):
    """Turn the dial a step towards the best penalty."""
    dial = log_lam.detach().requires_grad_()
    weight = generate(dial)
    x, y = held_out
    errors = (x @ weight.T - y).square()
    size = weight.square().sum()
    loss = errors.sum(-1).mean()  # + dial.exp() * size
    (slope,) = torch.autograd.grad(loss, dial)
    return log_lam - lr * slope

# %% tune
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    dial = log_lam.clone().detach().requires_grad_()
    for _ in range(steps):
        loss = val_loss(generate(dial))
        loss.backward()
        with torch.no_grad():
            dial -= lr * dial.grad
            dial.clamp_(low, high)
        dial.grad = None
    return dial.detach()

# %% tune
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    dial = nn.Parameter(log_lam.detach().clone())
    opt = torch.optim.SGD([dial], lr=lr)
    for _ in range(steps):
        opt.zero_grad()
        val_loss(generate(dial)).backward()
        opt.step()
        dial.data.clamp_(low, high)
    return dial.data

# %% tune
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    f = torch.func.grad(lambda d: val_loss(generate(d)))
    for _ in range(steps):
        log_lam = torch.clamp(log_lam - lr * f(log_lam), low, high)
    return log_lam

# %% tune
def tune(generate, val_loss, log_lam, steps, lr, low, high):
    if steps == 0:
        return log_lam.clone()
    dial = log_lam.clone().requires_grad_()
    g = torch.autograd.grad(val_loss(generate(dial)), dial)[0]
    new = torch.minimum(torch.maximum(dial - lr * g, torch.tensor(low)), torch.tensor(high)).detach()
    return tune(generate, val_loss, new, steps - 1, lr, low, high)
# %% hyper_rnn_step
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    assert len(x) == len(h) == len(d_x) == len(d_h) == len(b)
    return torch.tanh(d_h * (h @ w_h.T) + d_x * (x @ w_x.T) + b)

# %% hyper_rnn_step
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    def step(x, h, d_x, d_h, b):
        return torch.tanh(d_h * (w_h @ h) + d_x * (w_x @ x) + b)
    return torch.vmap(step)(x, h, d_x, d_h, b)

# %% hyper_rnn_step
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    rows = zip(x, h, d_x, d_h, b, strict=True)
    return torch.stack([(p * (w_h @ k) + q * (w_x @ i) + c).tanh() for i, k, q, p, c in rows])

# %% film
def film(y, scale, shift):
    return torch.vmap(lambda y, a, b: a * y + b)(y, scale, shift)

# %% rank_one_linear
def rank_one_linear(x, weight, bias, r, s):
    return torch.vmap(lambda x, r, s: r * F.linear(s * x, weight) + bias)(x, r, s)

# %% rank_one_linear
def rank_one_linear(x, weight, bias, r, s):
    w = weight.T.contiguous().expand(len(x), -1, -1)
    return torch.bmm(x * s.unsqueeze(1), w) * r.unsqueeze(1) + bias

# %% low_rank_linear
def low_rank_linear(x, weight, bias, a, b):
    return torch.vmap(lambda x, a, b: F.linear(x, weight, bias) + x @ a.T @ b.T)(x, a, b)

# %% low_rank_linear
def low_rank_linear(x, weight, bias, a, b):
    return F.linear(x, weight, bias) + torch.einsum('bni,bri,bor->bno', x, a, b)

# %% FilmLayer
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.make_scale = nn.Linear(conditioning_size, size)
        self.make_shift = nn.Linear(conditioning_size, size)
        for p in self.parameters():
            nn.init.zeros_(p)
    def forward(self, conditioning, y):
        return y * (1 + self.make_scale(conditioning)[:, None]) + self.make_shift(conditioning)[:, None]

# %% FilmLayer
class FilmLayer(nn.Module):
    def __init__(self, conditioning_size, size):
        super().__init__()
        self.net = nn.Linear(conditioning_size, 2 * size)
        nn.init.zeros_(self.net.weight)
        nn.init.zeros_(self.net.bias)
    def forward(self, conditioning, y):
        scale, shift = self.net(conditioning)[:, None].chunk(2, -1)
        return 2 * scale.sigmoid() * y + shift

# %% RowScale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.d.weight)
    def forward(self, state):
        return 0.1 + self.d(self.z(state))

# %% RowScale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.zeros_(self.z.bias)
    def forward(self, state):
        return 0.1 + self.d(self.z(state))

# %% RowScale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.ones_(self.z.bias)
        nn.init.zeros_(self.d.weight)
    def forward(self, state):
        return 0.1 + self.d(self.z(state))

# %% RowScale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.ones_(self.z.bias)
        with torch.no_grad():
            w = self.d.weight
            w += (0.1 - w.sum(1, keepdim=True)) / z_dim
    def forward(self, state):
        return self.d(self.z(state))

# %% RowScale
class RowScale(nn.Module):
    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.embed = nn.Linear(hyper_size, z_dim)
        self.scale = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.embed.weight)
        nn.init.ones_(self.embed.bias)
        nn.init.constant_(self.scale.weight, 0.1 / z_dim)
    def forward(self, state):
        return self.scale(self.embed(state))
