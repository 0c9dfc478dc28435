"""The exercises of lesson 09: what a hypernetwork costs, chunks, and new tasks."""

import torch
import torch.nn.functional as F
from torch import nn

import hyperlib

from ..checking.declare import case, counting, exercise, mistake, stub


class WithEmbeddings(nn.Module):
    """Stands in for a hypernetwork: a generator, and a table of embeddings beside it."""

    def __init__(self, chunks, embedding_size, chunk_size):
        super().__init__()
        self.embeddings = nn.Parameter(torch.zeros(chunks, embedding_size))
        self.generator = nn.Linear(embedding_size, chunk_size)

    def __repr__(self):
        return f"a {self.generator} and embeddings {list(self.embeddings.shape)}"


@exercise(
    points=1,
    cases=[
        case("compression_ratio(hypernetwork, [(3, 1)])", hypernetwork=nn.Linear(1, 1)),
        case("compression_ratio(hypernetwork, [(2, 3)])", hypernetwork=nn.Linear(8, 9)),
        case("compression_ratio(hypernetwork, [(4, 6), (6, 2)])", hypernetwork=nn.Linear(3, 5)),
        case(
            "compression_ratio(hypernetwork, [(10, 10), (10, 5)])",
            "This hypernetwork owns embeddings beside its generator. They have to be stored too.",
            hypernetwork=WithEmbeddings(5, 2, 20),
        ),
        case(
            "compression_ratio(hypernetwork, [(7, 8)])",
            hypernetwork=nn.Sequential(nn.Linear(1, 2, bias=False), nn.Linear(2, 2)),
        ),
    ],
    hints=[
        "Two numbers are wanted: how many the target has, and how many the hypernetwork has.",
        "`count_parameters(target_layer_sizes)` and `count_module(hypernetwork)`, both from lesson 01.",
        "What is generated, divided by what is stored: 2.0 says that the hypernetwork is half as large.",
    ],
)
def compression_ratio(hypernetwork, target_layer_sizes):
    """How many numbers of the target stand for one number
    of the hypernetwork, an nn.Module. Above 1, it
    compresses."""
    from hyperlib import count_module, count_parameters

    return count_parameters(target_layer_sizes) / count_module(hypernetwork)


@mistake(
    compression_ratio,
    "This is the other way round: stored divided by generated. Compression is generated divided by stored.",
)
def other_way_round(hypernetwork, target_layer_sizes):
    return 1 / compression_ratio(hypernetwork, target_layer_sizes)


@mistake(compression_ratio, "The target's biases are left out; they are generated as well.")
def targets_biases_left_out(hypernetwork, target_layer_sizes):
    return sum(n_in * n_out for n_in, n_out in target_layer_sizes) / hyperlib.count_module(hypernetwork)


@mistake(
    compression_ratio, "The hypernetwork's biases are left out: every parameter of it has to be stored, of any shape."
)
def hypernetworks_biases_left_out(hypernetwork, target_layer_sizes):
    stored = sum(p.numel() for p in hypernetwork.parameters() if p.dim() > 1)
    return hyperlib.count_parameters(target_layer_sizes) / stored


@mistake(
    compression_ratio,
    "Only linear layers are counted. Embeddings are parameters too: ask the whole module for its `.parameters()`.",
)
def linear_layers_only(hypernetwork, target_layer_sizes):
    layers = [m for m in hypernetwork.modules() if isinstance(m, nn.Linear)]
    return hyperlib.count_parameters(target_layer_sizes) / sum(p.numel() for m in layers for p in m.parameters())


@mistake(compression_ratio, "The division drops what comes after the point: use `/`, not `//`.")
def whole_numbers_only(hypernetwork, target_layer_sizes):
    return hyperlib.count_parameters(target_layer_sizes) // hyperlib.count_module(hypernetwork)


@mistake(compression_ratio, "Tensors are counted here, not the numbers in them: `p.numel()`.")
def tensors_are_counted(hypernetwork, target_layer_sizes):
    return hyperlib.count_parameters(target_layer_sizes) / len(list(hypernetwork.parameters()))


@exercise(
    points=1,
    cases=[
        case("count_chunks(10, 5)"),
        case("count_chunks(11, 5)", "The last chunk may be needed only in part."),
        case("count_chunks(3, 5)"),
        case("count_chunks(10_336, 100)"),
        case("count_chunks(14, 5)"),
        case("count_chunks(10_001, 1000)"),
    ],
    hints=[
        "Two full chunks and one number more: how many chunks?",
        "`total // chunk_size` counts the full ones. When is one more needed?",
        "`-(-total // chunk_size)` rounds up, and stays with whole numbers.",
    ],
)
def count_chunks(total, chunk_size):
    """How many chunks of chunk_size numbers are needed
    to make at least total numbers."""
    return -(-total // chunk_size)


@mistake(count_chunks, "The numbers behind the last full chunk get none: round up, not down.")
def rounded_down(total, chunk_size):
    return total // chunk_size


@mistake(count_chunks, "There is one chunk too many where the numbers come out even.")
def always_one_more(total, chunk_size):
    return total // chunk_size + 1


@mistake(count_chunks, "This rounds to the nearest: half of the time a chunk is missing. Round up.")
def to_the_nearest(total, chunk_size):
    return (total + chunk_size // 2) // chunk_size


@mistake(count_chunks, "This is how many numbers the chunks have together, not how many chunks there are.")
def padded_total(total, chunk_size):
    return -(-total // chunk_size) * chunk_size


def fill(module, value):
    """Every number of a module set to one value, so that what it computes is known."""
    with torch.no_grad():
        for p in module.parameters():
            p.fill_(value)
    return module


def known(model, chunk_size):
    """Makes a model for conditions of size 2 known: embedding k is all 10 (k + 1), the generator counts."""
    with torch.no_grad():
        chunks, width = model.embeddings.shape
        model.embeddings.copy_(10 * counting(chunks, 1).expand(-1, width))
        model.generator = nn.Linear(2 + width, chunk_size, bias=False)
        model.generator.weight.copy_(counting(chunk_size, 2 + width))
    return model


KNOWN = "Here `generator` and `embeddings` were replaced by known ones. The generator gets both, joined."
NO_BATCH = "The condition may have any leading axes, also none."


@exercise(
    points=4,
    cases=[
        case(
            "list(ChunkedGenerator(2, [(3, 2)], 4, 3).embeddings.shape)",
            "One embedding for each chunk: [chunks, embedding_size].",
        ),
        case("list(ChunkedGenerator(2, [(3, 2), (2, 4)], 7, 5).embeddings.shape)"),
        case("list(ChunkedGenerator(2, [(3, 2)], 4, 3)(conditioning).shape)", conditioning=counting(5, 2)),
        case(
            "list(ChunkedGenerator(2, [(3, 2), (2, 4)], 7, 5)(conditioning).shape)",
            "The last chunk's surplus is dropped: the flat vector has as many numbers as the target.",
            conditioning=counting(3, 2),
        ),
        case(
            """
            model = known(ChunkedGenerator(2, [(1, 1)], 2, 1), 2)
            model(conditioning)
            """,
            KNOWN,
            conditioning=counting(1, 2),
            known=known,
        ),
        case(
            """
            model = known(ChunkedGenerator(2, [(2, 2), (2, 1)], 4, 1), 4)
            model(conditioning)
            """,
            KNOWN + " The chunks stand one after another, chunk 0 first.",
            conditioning=counting(2, 2),
            known=known,
        ),
        case(
            """
            model = known(ChunkedGenerator(2, [(2, 2)], 5, 2), 5)
            model(conditioning)
            """,
            NO_BATCH,
            conditioning=counting(2),
            known=known,
        ),
        case(
            """
            "embeddings" in dict(ChunkedGenerator(2, [(3, 2), (2, 4)], 7, 5).named_parameters())
            """,
            "The embeddings are learned: make them an `nn.Parameter`.",
        ),
        case(
            """
            model = ChunkedGenerator(2, [(3, 2), (2, 4)], 7, 5)
            model(conditioning).sum().backward()
            # Does a gradient reach every parameter?
            all(p.grad is not None for p in model.parameters())
            """,
            "Is the way from the result back to embeddings and generator cut, or is there a part that nobody uses?",
            conditioning=counting(3, 2),
        ),
        case(
            """
            # The generator's shapes, for two hidden layers: 3 + 4 -> 6 -> 5 -> 30.
            [list(p.shape) for p in ChunkedGenerator(3, [(40, 20), (20, 10)], 30, 4, (6, 5)).generator.parameters()]
            """,
            "It gets one condition and one embedding and makes one chunk; `hidden_sizes` are its widths between.",
        ),
        case(
            """
            generator = fill(ChunkedGenerator(1, [(3, 2)], 2, 1, (2, 2)).generator, -1.0)
            generator(asked).tolist()
            """,
            "Here every weight and bias was set to -1. A ReLU stands behind each hidden layer, and none at the end.",
            asked=torch.tensor([[2.0, 1.0], [-4.0, 1.0]]),
            fill=fill,
        ),
        case(
            """
            spread = ChunkedGenerator(2, [(40, 20), (20, 10)], 5, 4).embeddings.std().item()
            # The embeddings start as torch.randn draws them.  Is their standard deviation about 1?
            0.7 < spread < 1.3
            """,
            "If all embeddings were equal, all chunks would be: start them with `torch.randn`.",
        ),
    ],
    hints=[
        "In `__init__`: P = count_parameters(...), K = count_chunks(P, chunk_size), embeddings [K, embedding_size].",
        "The generator is a small MLP with `conditioning_size + embedding_size` inputs and `chunk_size` outputs.",
        "In `forward`: bring both to [..., K, .] with `.unsqueeze(-2)` and `.expand(...)`, and join them by `torch.cat`"
        " along the last axis.",
        "The generator gives [..., K, chunk_size]; `.flatten(-2)` puts the chunks one after another; `[..., :P]` drops"
        " the surplus.",
    ],
)
class ChunkedGenerator(nn.Module):
    """All weights of a target, made chunk by chunk."""

    def __init__(
        self,
        conditioning_size,
        target_layer_sizes,
        chunk_size,
        embedding_size,
        hidden_sizes=(64,),
    ):
        from hyperlib import count_chunks, count_parameters

        super().__init__()
        self.total = count_parameters(target_layer_sizes)
        chunks = count_chunks(self.total, chunk_size)
        self.embeddings = nn.Parameter(torch.randn(chunks, embedding_size))
        layers, width = [], conditioning_size + embedding_size
        for hidden in hidden_sizes:
            layers += [nn.Linear(width, hidden), nn.ReLU()]
            width = hidden
        self.generator = nn.Sequential(*layers, nn.Linear(width, chunk_size))

    def forward(self, conditioning):
        """From [..., conditioning_size] to flat [..., P]."""
        lead, chunks = conditioning.shape[:-1], len(self.embeddings)
        conditions = conditioning.unsqueeze(-2).expand(*lead, chunks, -1)
        embeddings = self.embeddings.expand(*lead, chunks, -1)
        asked = torch.cat([conditions, embeddings], dim=-1)
        flat = self.generator(asked).flatten(-2)
        return flat[..., : self.total]


@stub(ChunkedGenerator)
class BlankChunkedGenerator(nn.Module):
    """All weights of a target, made chunk by chunk."""

    def __init__(
        self,
        conditioning_size,
        target_layer_sizes,
        chunk_size,
        embedding_size,
        hidden_sizes=(64,),
    ):
        """self.embeddings: a parameter, started with
        torch.randn, of shape [chunks, embedding_size].
        self.generator: an MLP from condition and
        embedding (joined in this order) to chunk_size
        numbers; its hidden layers have hidden_sizes
        units and a ReLU each."""
        super().__init__()
        ...

    def forward(self, conditioning):
        """From [..., conditioning_size] to flat [..., P]:
        the chunks in order, without the surplus of the
        last."""
        ...


class Variation(ChunkedGenerator):
    """What the mistakes have in common: they differ in one step each."""

    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)

    def chunks(self, conditioning):
        lead, chunks = conditioning.shape[:-1], len(self.embeddings)
        conditions = conditioning.unsqueeze(-2).expand(*lead, chunks, -1)
        return self.generator(torch.cat([conditions, self.embeddings.expand(*lead, chunks, -1)], dim=-1))


@mistake(
    ChunkedGenerator, "The surplus of the last chunk is still there: cut the flat vector to the target's P numbers."
)
class SurplusKept(Variation):
    def forward(self, conditioning):
        return self.chunks(conditioning).flatten(-2)


@mistake(
    ChunkedGenerator,
    "The surplus is dropped at the front. The flat vector begins with chunk 0; what is too much stands at the end.",
)
class SurplusDroppedInFront(Variation):
    def forward(self, conditioning):
        return self.chunks(conditioning).flatten(-2)[..., -self.total :]


@mistake(
    ChunkedGenerator,
    "The numbers of all chunks are mixed: the first of each chunk, then the second. Chunk 0 should come as a whole.",
)
class Interleaved(Variation):
    def forward(self, conditioning):
        return self.chunks(conditioning).mT.flatten(-2)[..., : self.total]


@mistake(
    ChunkedGenerator,
    "The embedding comes before the condition. Join them in the order that was asked for: condition, embedding.",
)
class EmbeddingFirst(Variation):
    def forward(self, conditioning):
        lead, chunks = conditioning.shape[:-1], len(self.embeddings)
        conditions = conditioning.unsqueeze(-2).expand(*lead, chunks, -1)
        asked = torch.cat([self.embeddings.expand(*lead, chunks, -1), conditions], dim=-1)
        return self.generator(asked).flatten(-2)[..., : self.total]


@mistake(ChunkedGenerator, "One embedding serves all chunks here, so that all chunks are equal. Each needs its own.")
class OneEmbedding(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)
        self.n, self.embeddings = len(self.embeddings), nn.Parameter(self.embeddings[:1].detach().clone())

    def forward(self, conditioning):
        lead = conditioning.shape[:-1]
        conditions = conditioning.unsqueeze(-2).expand(*lead, self.n, -1)
        asked = torch.cat([conditions, self.embeddings.expand(*lead, self.n, -1)], dim=-1)
        return self.generator(asked).flatten(-2)[..., : self.total]


@mistake(ChunkedGenerator, "There is no chunk for the last numbers: round up when you count the chunks.")
class OneChunkTooFew(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)
        full = self.total // chunk_size
        self.embeddings = nn.Parameter(self.embeddings[:full].detach().clone())


@mistake(ChunkedGenerator, "The embeddings are a plain tensor, so that no optimizer finds them: `nn.Parameter(...)`.")
class PlainTensor(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)
        embeddings = self.embeddings.detach().clone()
        del self.embeddings
        self.embeddings = embeddings


@mistake(
    ChunkedGenerator,
    "The embeddings do not differ as `torch.randn` would make them. Equal embeddings make equal chunks.",
)
class ZeroEmbeddings(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)
        self.embeddings = nn.Parameter(torch.zeros_like(self.embeddings))


@mistake(
    ChunkedGenerator,
    "The generator makes everything at once. It has to make one chunk, and to be asked once for each embedding.",
)
class AllAtOnce(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)
        self.generator[-1] = nn.Linear(self.generator[-1].in_features, self.total)

    def forward(self, conditioning):
        embedding = self.embeddings.sum(0).expand(*conditioning.shape[:-1], -1)
        return self.generator(torch.cat([conditioning, embedding], dim=-1))


@mistake(ChunkedGenerator, "The generator ends in a ReLU. Weights have to be able to be negative.")
class EndsInReLU(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)
        self.generator.append(nn.ReLU())


@mistake(ChunkedGenerator, "There is no ReLU behind the hidden layers.")
class NoReLU(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes)
        self.generator = nn.Sequential(*(m for m in self.generator if isinstance(m, nn.Linear)))


@mistake(ChunkedGenerator, "Only the first of `hidden_sizes` is used: there is one hidden layer for each of them.")
class FirstHiddenSizeOnly(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes[:1])


@mistake(ChunkedGenerator, "`hidden_sizes` is not used: the generator always has one hidden layer of 64.")
class Always64(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes=(64,)):
        super().__init__(conditioning_size, target_layer_sizes, chunk_size, embedding_size)


@mistake(ChunkedGenerator, "The condition is not used: every condition gets the same weights.")
class ConditionUnused(Variation):
    def forward(self, conditioning):
        return self.chunks(torch.zeros_like(conditioning)).flatten(-2)[..., : self.total]


ONE_LAYER = "model = hyperlib.Hypernetwork(2, [(2, 3)], hidden_sizes=[4], init='default')"
TASK = dict(conditioning=torch.tensor([1.0, -2.0]), data=counting(4, 2, start=-3), target=torch.tensor([0, 1, 2, 0]))
TASKS = dict(
    conditioning=counting(2, 2), data=counting(2, 4, 2, start=-7), target=torch.tensor([[0, 1, 2, 0], [2, 2, 1, 0]])
)


@exercise(
    points=3,
    cases=[
        case(
            f"""
            {ONE_LAYER}
            adapt(model, conditioning, data, target, 1, 0.5)
            """,
            **TASK,
        ),
        case(
            f"""
            {ONE_LAYER}
            adapt(model, conditioning, data, target, 5, 0.1)
            """,
            **TASK,
        ),
        case(
            f"""
            {ONE_LAYER}
            # Is the model what it was before?
            before = [p.clone() for p in model.parameters()]
            adapt(model, conditioning, data, target, 2, 0.1)
            all(torch.equal(p, q) and q.requires_grad for p, q in zip(before, model.parameters()))
            """,
            "Only the condition is learned; the model serves all the other tasks too.",
            **TASK,
        ),
        case(
            f"""
            {ONE_LAYER}
            adapt(model, conditioning, data, target, 3, 0.1)
            """,
            "Here are two tasks at once, a condition and four rows for each.",
            **TASKS,
        ),
        case(
            f"""
            {ONE_LAYER}
            # A plain result, without a history?
            learned = adapt(model, conditioning, data, target, 1, 0.1)
            learned.requires_grad
            """,
            "`.detach()` what you return: whoever uses it next does not want your graph.",
            **TASK,
        ),
        case(
            f"""
            {ONE_LAYER}
            adapt(model, parameter, data, target, 1, 0.1)
            """,
            "Here the condition to start from is an nn.Parameter, as a table of embeddings is.",
            parameter=nn.Parameter(torch.tensor([1.0, -2.0])),
            data=TASK["data"],
            target=TASK["target"],
        ),
    ],
    hints=[
        "What is learned is a copy of `conditioning`: `z = conditioning.detach().clone().requires_grad_()`.",
        "Give the optimizer this one tensor: `torch.optim.Adam([z], lr=lr)`.",
        "The usual loop: loss, `zero_grad`, `backward`, `step`, with `model(z, data)` in it.",
        "`F.cross_entropy` wants [rows, classes] and [rows]: `out.flatten(0, -2)`, `target.flatten()`.",
    ],
)
def adapt(model, conditioning, data, target, steps, lr):
    """Learn a condition for new data; the model stays.

    conditioning [..., C] is where to start, and stays as
    it is; data [..., n, in]; target [..., n], classes.
    Takes `steps` steps of torch.optim.Adam on the mean
    cross-entropy of model(conditioning, data),
    [..., n, classes]. Returns the learned condition,
    [..., C], without a history.
    """
    z = conditioning.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr)
    for _ in range(steps):
        out = model(z, data)
        loss = F.cross_entropy(out.flatten(0, -2), target.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return z.detach()


def adapting(model, conditioning, data, target, steps, learned, optimizer, clear=True):
    """The loop that the mistakes have in common."""
    for _ in range(steps):
        loss = F.cross_entropy(model(conditioning, data).flatten(0, -2), target.flatten())
        if clear:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return learned


@mistake(
    adapt,
    "The model is trained along with the condition. Give the optimizer the condition alone: the model has to go on"
    " serving the other tasks.",
)
def model_trained_too(model, conditioning, data, target, steps, lr):
    z = conditioning.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([z, *model.parameters()], lr=lr)
    return adapting(model, z, data, target, steps, z, optimizer).detach()


@mistake(adapt, "The model is trained and the condition stays where it was: it is to be the other way round.")
def model_instead(model, conditioning, data, target, steps, lr):
    z = conditioning.detach().clone()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    return adapting(model, z, data, target, steps, z, optimizer)


@mistake(
    adapt,
    "The condition that was handed in is changed itself: `.detach()` shares its memory, and the optimizer changes it in"
    " place. Learn a copy: `.detach().clone()`.",
)
def changes_what_it_got(model, conditioning, data, target, steps, lr):
    z = conditioning.detach().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr)
    return adapting(model, z, data, target, steps, z, optimizer).detach()


@mistake(adapt, "The gradients of all steps pile up: `optimizer.zero_grad()` is missing.")
def gradients_pile_up_again(model, conditioning, data, target, steps, lr):
    z = conditioning.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr)
    return adapting(model, z, data, target, steps, z, optimizer, clear=False).detach()


@mistake(adapt, "The result still has a history, or asks for gradients: return `.detach()`.")
def with_a_history(model, conditioning, data, target, steps, lr):
    z = conditioning.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr)
    return adapting(model, z, data, target, steps, z, optimizer)


@mistake(adapt, "It starts from zeros, and not from the condition that was handed in.")
def starts_from_zeros(model, conditioning, data, target, steps, lr):
    return adapt(model, torch.zeros_like(conditioning), data, target, steps, lr)


@mistake(adapt, "One step is made, whatever `steps` says.")
def one_step_only(model, conditioning, data, target, steps, lr):
    return adapt(model, conditioning, data, target, 1, lr)


@mistake(adapt, "This is plain gradient descent. Asked for is `torch.optim.Adam`.")
def plain_descent(model, conditioning, data, target, steps, lr):
    z = conditioning.detach().clone().requires_grad_()
    return adapting(model, z, data, target, steps, z, torch.optim.SGD([z], lr=lr)).detach()


@mistake(
    adapt,
    "A clone of a tensor that wants gradients is no leaf, and no optimizer takes it: `.detach()` first, then"
    " `.clone().requires_grad_()`.",
)
def clone_without_detach(model, conditioning, data, target, steps, lr):
    z = conditioning.clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr)
    return adapting(model, z, data, target, steps, z, optimizer).detach()


@mistake(adapt, "The model's parameters no longer ask for gradients afterwards: whoever goes on training it is stuck.")
def frozen_for_good(model, conditioning, data, target, steps, lr):
    model.requires_grad_(False)
    return adapt(model, conditioning, data, target, steps, lr)


@mistake(adapt, "The steps go uphill: the loss is to become smaller.")
def uphill(model, conditioning, data, target, steps, lr):
    z = conditioning.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr, maximize=True)
    return adapting(model, z, data, target, steps, z, optimizer).detach()


TUNED = dict(data=counting(4, 2, start=-3), target=torch.tensor([0, 1, 2, 0]))


@exercise(
    points=2,
    cases=[
        case("fine_tune(flat, [(2, 3)], data, target, 1, 0.5)", flat=counting(9, start=-4), **TUNED),
        case(
            """
            # Are the weights that it started from what they were?
            before = flat.clone()
            fine_tune(flat, [(2, 3)], data, target, 2, 0.1)
            torch.equal(flat, before)
            """,
            "Whoever handed `flat` over goes on using it.",
            flat=counting(9, start=-4),
            **TUNED,
        ),
        case("fine_tune(flat, [(2, 3)], data, target, 5, 0.1)", flat=counting(9, start=-4), **TUNED),
        case(
            "fine_tune(flat, [(2, 3)], data, target, 2, 0.1).requires_grad",
            "A plain result: `.detach()` what you return.",
            flat=counting(9, start=-4),
            **TUNED,
        ),
        case(
            "fine_tune(parameter, [(2, 3)], data, target, 1, 0.1)",
            "Here the weights to start from are an nn.Parameter.",
            parameter=nn.Parameter(counting(9, start=-4)),
            **TUNED,
        ),
        case(
            "fine_tune(flat, [(2, 2), (2, 3)], data, target, 2, 0.1)",
            "Here two networks are tuned at once, on data of their own.",
            flat=counting(2, 15, start=-20),
            data=counting(2, 4, 2, start=-7),
            target=torch.tensor([[0, 1, 2, 0], [2, 2, 1, 0]]),
        ),
    ],
    hints=[
        "Call it twice with the same `flat`, and print `flat` before and after. What changes?",
        "`.detach()` gives another tensor over the *same* memory, and an optimizer changes its tensors in place.",
        "`.detach().clone()` is a copy.",
    ],
)
def fine_tune(flat, sizes, data, target, steps, lr):
    """New flat weights, trained on data from flat on;
    returned without a history. flat stays as it is.

    flat [..., P], data [..., n, in], target [..., n].
    """
    from hyperlib import target_forward, unflatten

    weights = flat.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=lr)
    for _ in range(steps):
        pairs = unflatten(weights, sizes)
        out = target_forward(data, pairs)
        rows = out.flatten(0, -2)
        loss = F.cross_entropy(rows, target.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights.detach()


@stub(fine_tune)
def tune_in_place(flat, sizes, data, target, steps, lr):
    """New flat weights, trained on data from flat on;
    returned without a history. flat stays as it is.

    flat [..., P], data [..., n, in], target [..., n].
    """
    from hyperlib import target_forward, unflatten

    weights = flat.detach().requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=lr)
    for _ in range(steps):
        pairs = unflatten(weights, sizes)
        out = target_forward(data, pairs)
        rows = out.flatten(0, -2)
        loss = F.cross_entropy(rows, target.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights.detach()


def tuning(weights, sizes, data, target, steps, optimizer, clear=True):
    for _ in range(steps):
        out = hyperlib.target_forward(data, hyperlib.unflatten(weights, sizes))
        loss = F.cross_entropy(out.flatten(0, -2), target.flatten())
        if clear:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights.detach()


@mistake(
    fine_tune,
    "The result is right, but the weights that were handed in have changed as well: `.detach()` shares their memory,"
    " and the optimizer changes its tensors in place. Train a copy: `.detach().clone()`.",
)
def shares_the_memory(flat, sizes, data, target, steps, lr):
    return tune_in_place(flat, sizes, data, target, steps, lr)


@mistake(fine_tune, "The copy is right, but what comes back still asks for gradients: return `.detach()`.")
def tuned_with_a_history(flat, sizes, data, target, steps, lr):
    weights = flat.detach().clone().requires_grad_()
    tuning(weights, sizes, data, target, steps, torch.optim.Adam([weights], lr=lr))
    return weights


@mistake(
    fine_tune,
    "A clone of what wants gradients is no leaf, and no optimizer takes it: `.detach()` first, then `.clone()`.",
)
def tuned_clone_without_detach(flat, sizes, data, target, steps, lr):
    weights = flat.clone().requires_grad_()
    return tuning(weights, sizes, data, target, steps, torch.optim.Adam([weights], lr=lr))


@mistake(fine_tune, "Nothing is trained: what comes back are the weights that were handed in.")
def nothing_trained(flat, sizes, data, target, steps, lr):
    return flat.detach().clone()


@mistake(fine_tune, "The gradients of all steps pile up: `optimizer.zero_grad()` has to stay.")
def zero_grad_lost(flat, sizes, data, target, steps, lr):
    weights = flat.detach().clone().requires_grad_()
    return tuning(weights, sizes, data, target, steps, torch.optim.Adam([weights], lr=lr), clear=False)


@mistake(fine_tune, "The training starts from new random weights, and not from those that were handed in.")
def from_scratch(flat, sizes, data, target, steps, lr):
    weights = (0.1 * torch.linspace(-1, 1, flat.numel()).reshape(flat.shape)).requires_grad_()
    return tuning(weights, sizes, data, target, steps, torch.optim.Adam([weights], lr=lr))
