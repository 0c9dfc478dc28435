"""The exercises of lesson 11: kernels for each image, and kernels from a few numbers."""

import torch
import torch.nn.functional as F

from ..checking.declare import case, counting, exercise, mistakes, stub
from ..checking.watch import WatchesOperations, largest_tensor


def images_and_kernels(batch):
    """So many images of 2 x 4 x 4, and a kernel [3, 2, 2, 2] for each."""
    return torch.ones(batch, 2, 4, 4), torch.ones(batch, 3, 2, 2, 2)


def operations(function, batch):
    """How many operations `function` takes for so many images."""
    with WatchesOperations() as watch:
        function(*images_and_kernels(batch))
    return watch.calls


@exercise(
    points=3,
    cases=[
        case("conv_per_row(x, kernels)", x=counting(1, 1, 2, 2), kernels=counting(1, 1, 1, 2, 2)),
        case("conv_per_row(x, kernels)", x=counting(2, 1, 3, 3), kernels=counting(2, 1, 1, 2, 2, start=-3)),
        case("conv_per_row(x, kernels)", x=counting(3, 2, 3, 4), kernels=counting(3, 4, 2, 2, 2, start=-20)),
        case(
            "conv_per_row(x, kernels)",
            "Here batch, in and out are all 2, so that nearly everything fits. Which axes belong together?",
            x=counting(2, 2, 3, 3),
            kernels=counting(2, 2, 2, 2, 2, start=-9),
        ),
        case(
            """
            # Do six images take more operations than two? (A loop does.)
            operations(conv_per_row, 6) > operations(conv_per_row, 2)
            """,
            "The number of torch operations should not depend on the batch, so no loop over its images.",
            operations=operations,
        ),
        case(
            """
            # 40 images: is there a tensor on the way that holds every image with every kernel?
            largest_tensor(conv_per_row, *images_and_kernels(40)) >= 40 * 40 * 27
            """,
            "Image b goes through kernel b alone. What is made for all pairs is mostly thrown away.",
            largest_tensor=largest_tensor,
            images_and_kernels=images_and_kernels,
        ),
    ],
    hints=[
        "`F.conv2d(..., groups=g)` cuts the channels into g groups, and each group sees only its own kernels.",
        "Make *one* image of the batch: [batch, in, height, width] becomes [batch * in, height, width].",
        "The kernels become [batch * out, in, k, k]. With groups=batch, each group reads `in` channels.",
        "At the end `.unflatten(0, (batch, out))` takes the channels apart again.",
    ],
    gradients=True,
    without=("vmap", "hyperlib"),
)
def conv_per_row(x, kernels):
    """Image b through kernel b, without loop or `vmap`.

    x [batch, in, height, width],
    kernels [batch, out, in, k, k]. No padding, no bias.
    """
    batch, n_out = kernels.shape[:2]
    one_image = x.flatten(0, 1)  # [batch * in, h, w]
    weight = kernels.flatten(0, 1)  # [batch * out, in, k, k]
    made = F.conv2d(one_image, weight, groups=batch)
    return made.unflatten(0, (batch, n_out))


ALL = (
    "batch, n_out = kernels.shape[:2]\n    one_image = x.flatten(0, 1)  # [batch * in, h, w]\n"
    "    weight = kernels.flatten(0, 1)  # [batch * out, in, k, k]\n"
    "    made = F.conv2d(one_image, weight, groups=batch)\n"
    "    return made.unflatten(0, (batch, n_out)) -> return "
)

mistakes(
    conv_per_row,
    {
        "The images go through their kernels one after the other in a Python loop. That is right, but each image costs"
        " an operation of its own. One grouped convolution does them all.": (
            ALL + "torch.stack([F.conv2d(x[b], kernels[b]) for b in range(len(x))])",
            ALL + "torch.cat([F.conv2d(x[b : b + 1], kernels[b]) for b in range(len(x))])",
        ),
        "`groups` is missing. Without it every kernel reads all channels, and those of the whole batch are too many.": (
            "weight, groups=batch -> weight"
        ),
        "`F.conv2d` takes one kernel [out, in, k, k] for the whole batch, and not one for each image. Put the batch"
        " into the channels, of images and kernels, and tell it with `groups`.": ALL + "F.conv2d(x, kernels)",
        "There are as many groups as channels here. A group has to be an *image*: `groups=batch`.": (
            "groups=batch -> groups=x.shape[1]"
        ),
        "There is an axis of length 1 too many: the batch of the one large image. `.squeeze(0)` takes it away.": (
            ALL
            + "F.conv2d(x.flatten(0, 1)[None], kernels.flatten(0, 1), groups=len(x)).unflatten(1, kernels.shape[:2])"
        ),
        "All images go through the mean of the kernels. Image b needs kernel b.": ALL + "F.conv2d(x, kernels.mean(0))",
        "All images go through kernel 0. Image b needs kernel b.": ALL + "F.conv2d(x, kernels[0])",
        "The numbers are right, but on the way every image went through every kernel. Only the pairs (b, b) are"
        " needed.": (
            ALL + "F.conv2d(x, kernels.flatten(0, 1)).unflatten(1, kernels.shape[:2])"
            "[torch.arange(len(x)), torch.arange(len(x))]"
        ),
        "Every image went through every kernel, which gives [batch, batch * out, ...]. Put the batch into the channels,"
        " and use `groups`.": ALL + "F.conv2d(x, kernels.flatten(0, 1))",
        "The channels of different images are mixed: `x.transpose(0, 1)` puts all first channels side by side. Each"
        " group needs the channels of *one* image.": (
            "one_image = x.flatten(0, 1) -> one_image = x.transpose(0, 1).flatten(0, 1)"
        ),
        "The output channels are put back in the wrong order: each image's channels lie together, so the batch comes"
        " first.": ("made.unflatten(0, (batch, n_out)) -> made.unflatten(0, (n_out, batch)).transpose(0, 1)"),
        "The result still has the channels of all images in one axis. `.unflatten(0, (batch, out))` takes them"
        " apart.": "return made.unflatten(0, (batch, n_out)) -> return made",
        "The axes in and out of the kernels are exchanged. In PyTorch a kernel is [out, in, k, k]. It fits only where"
        " both are the same.": "weight = kernels.flatten(0, 1) -> weight = kernels.transpose(1, 2).flatten(0, 1)",
        "The kernels are added up over the batch. Each image has its own.": ALL + "F.conv2d(x, kernels.sum(0))",
        "The kernels are turned by half a turn. A convolution in mathematics does that, but `F.conv2d` and this"
        " exercise don't.": "kernels.flatten(0, 1) -> kernels.flip(-1, -2).flatten(0, 1)",
        "The values are right, but no gradient reaches the kernels. Whoever generated them would never learn.": (
            "kernels.flatten(0, 1) -> kernels.detach().flatten(0, 1)"
        ),
        "There is padding, so the result is too large. Only places where the whole kernel fits are wanted.": (
            "groups=batch -> groups=batch, padding=1",
            "groups=batch -> groups=batch, padding='same'",
        ),
    },
)


@exercise(
    points=2,
    cases=[
        case("static_parameters(1, 1, 1, 1)"),
        case("static_parameters(2, 1, 1, 1)"),
        case("static_parameters(1, 3, 2, 1)"),
        case("static_parameters(2, 3, 2, 5)"),
        case("static_parameters(16, 16, 7, 4)", "This is the paper's: 4,244."),
        case("static_parameters(16, 16, 3, 64, 36)", "Each layer has an embedding. The generator is the same for all."),
        case("static_parameters(2, 3, 2, 4, 3)"),
    ],
    hints=[
        "There are three parts: the embeddings, the first layer `W_i, B_i` and the second layer `W_out, B_out`.",
        "There is one `W_i [z_dim, z_dim]` and one `B_i [z_dim]` for each input channel.",
        "`W_out` is [n_out * size * size, z_dim], and `B_out` has a number for each of its rows.",
        "Only the embeddings are there once for each layer.",
    ],
)
def static_parameters(n_in, n_out, size, z_dim, layers=1):
    """How many numbers the paper's static hypernetwork
    stores for the kernels of so many layers.

    The kernels are [n_out, n_in, size, size], and both
    embeddings and a_i have length z_dim.
    """
    embeddings = layers * z_dim
    first = n_in * (z_dim * z_dim + z_dim)
    second = n_out * size * size * (z_dim + 1)
    return embeddings + first + second


mistakes(
    static_parameters,
    {
        "The embeddings are left out. They are learned and have to be stored: `z_dim` numbers for each layer.": (
            "return embeddings + first -> return first"
        ),
        "There is one embedding for all layers here. Then all layers would get the same kernel.": (
            "layers * z_dim -> z_dim"
        ),
        "Each layer has a generator of its own here. It is the same one for all, and only the embeddings differ.": (
            "return embeddings + first + second -> return embeddings + layers * (first + second)"
        ),
        "The second layer is counted once for each input channel. `W_out` and `B_out` are the same for all i.": (
            "second = n_out -> second = n_in * n_out"
        ),
        "The first layer is counted once. There is a `W_i` and a `B_i` for each *input* channel.": (
            "first = n_in * ( -> first = ("
        ),
        "The second layer's bias `B_out` is left out.": "size * (z_dim + 1) -> size * z_dim",
        "The first layer's biases `B_i` are left out.": "z_dim * z_dim + z_dim -> z_dim * z_dim",
        "The biases of both layers are left out.": [
            "size * (z_dim + 1) -> size * z_dim",
            "z_dim * z_dim + z_dim -> z_dim * z_dim",
        ],
        "A bias has a number for each *output* of its layer: `z_dim` for `B_i`, n_out * size * size for `B_out`.": (
            "z_dim * z_dim + z_dim -> z_dim * z_dim + 1",
            "size * (z_dim + 1) -> size * z_dim + 1",
            ["z_dim * z_dim + z_dim -> z_dim * z_dim + 1", "size * (z_dim + 1) -> size * z_dim + 1"],
        ),
        "`W_i` is [z_dim, z_dim], so it has z_dim * z_dim numbers.": "z_dim * z_dim + z_dim -> z_dim + z_dim",
        "n_in and n_out have changed places. There is an `a_i` for each input channel.": [
            "first = n_in -> first = n_out",
            "second = n_out -> second = n_in",
        ],
        "A kernel is size x size. This counts only one side.": "size * size -> size",
        "This is the whole kernel, which isn't stored. It is what is generated.": (
            "return embeddings + first + second -> return layers * n_in * n_out * size * size"
        ),
    },
)


def static(n_in, n_out, size, d, z_dim):
    """The inputs of `static_kernel` in small whole numbers."""
    numbers = n_out * size * size
    return dict(
        z=counting(z_dim, start=2),
        w_in=counting(n_in, d, z_dim, start=-3),
        b_in=counting(n_in, d),
        w_out=counting(numbers, d, start=-2),
        b_out=counting(numbers, start=100),
    )


@exercise(
    points=3,
    cases=[
        case("static_kernel(z, w_in, b_in, w_out, b_out, 1)", **static(1, 1, 1, 1, 1)),
        case("static_kernel(z, w_in, b_in, w_out, b_out, 1)", **static(1, 2, 1, 1, 2)),
        case("static_kernel(z, w_in, b_in, w_out, b_out, 2)", **static(1, 1, 2, 2, 1)),
        case(
            "static_kernel(z, w_in, b_in, w_out, b_out, 1)",
            "Here n_in is 2 and n_out is 3. PyTorch's kernels are [out, in, ...]. Which axis comes first in yours?",
            **static(2, 3, 1, 1, 2),
        ),
        case(
            "static_kernel(z, w_in, b_in, w_out, b_out, 2)",
            "Here n_in and n_out are both 2, so that any order fits.",
            **static(2, 2, 2, 2, 3),
        ),
    ],
    hints=[
        "First all a_i at once: `w_in @ z + b_in` is [n_in, d].",
        "Then the slices: `a @ w_out.T + b_out` is [n_in, n_out * size * size], a row for each input channel.",
        "Cut the rows into [n_in, n_out, size, size], in this order, and *then* move the axes: `.movedim(1, 0)`.",
    ],
    gradients=True,
    without=("hyperlib",),
)
def static_kernel(z, w_in, b_in, w_out, b_out, size):
    """The kernel that the paper makes of an embedding.

    Input channel i gets a_i = W_i z + B_i, and its slice
    of the kernel is W_out a_i + B_out.
    z [N_z], w_in [n_in, d, N_z], b_in [n_in, d],
    w_out [n_out * size * size, d],
    b_out [n_out * size * size].
    Returns [n_out, n_in, size, size].
    """
    a = w_in @ z + b_in  # [n_in, d]
    slices = a @ w_out.T + b_out  # [n_in, out * size * size]
    kernel = slices.unflatten(1, (-1, size, size))
    return kernel.movedim(1, 0)


END = "    kernel = slices.unflatten(1, (-1, size, size))\n    return kernel.movedim(1, 0) ->     return "

mistakes(
    static_kernel,
    {
        "Each slice belongs to an input channel, but the slices were viewed as [n_out, n_in, ...]. That fits, and mixes"
        " the channels up. Cut them into [n_in, n_out, ...] first, and then move the axes.": (
            END + "slices.reshape(-1, len(w_in), size, size)"
        ),
        "The axes are [n_in, n_out, ...] here. PyTorch's kernels have the outputs first: `.movedim(1, 0)`.": (
            "kernel.movedim(1, 0) -> kernel"
        ),
        "These are the slices, a row for each input channel. They still have to become a kernel of four axes.": (
            END + "slices"
        ),
        "`z @ w_in` sums over d, the outputs of `W_i`. It is `w_in @ z`, which sums over the numbers of z.": (
            "w_in @ z + b_in -> z @ w_in + b_in"
        ),
        "The first layer's biases `b_in` are left out.": "w_in @ z + b_in -> w_in @ z",
        "The second layer's bias `b_out` is left out.": "w_out.T + b_out -> w_out.T",
        "All input channels get the same slice: there is one a for all. Each i has its own `W_i` and `B_i`.": (
            "w_in @ z + b_in -> (w_in[0] @ z + b_in[0]).expand(len(w_in), -1)"
        ),
        "There is a ReLU between the two layers. The paper's generator is linear.": (
            "a = w_in @ z + b_in -> a = (w_in @ z + b_in).relu()"
        ),
        "Height and width have changed places in each slice.": "kernel.movedim(1, 0) -> kernel.movedim(1, 0).mT",
        "A slice is [n_out, size, size], in this order. Here the outputs were taken to be last.": (
            END + "slices.unflatten(1, (size, size, -1)).permute(3, 0, 1, 2)"
        ),
        "The values are right, but no gradient reaches z. Then the embedding isn't learned.": (
            "w_in @ z + b_in -> w_in @ z.detach() + b_in"
        ),
    },
)


@exercise(
    points=1,
    cases=[
        case("kernel_rank(kernel)", kernel=torch.ones(1, 1, 1, 1)),
        case("kernel_rank(kernel)", kernel=counting(1, 3, 1, 1)),
        case(
            "kernel_rank(kernel)",
            "All three input channels have the same slice, so that one number for each is enough: rank 1.",
            kernel=torch.eye(2).view(2, 1, 2, 1).expand(2, 3, 2, 1).clone(),
        ),
        case("kernel_rank(kernel)", kernel=torch.eye(4).view(2, 4, 2, 1)),
        case(
            "kernel_rank(kernel)",
            "The numbers are small here. But a factor for the whole kernel doesn't change its rank.",
            kernel=torch.eye(4).view(2, 4, 2, 1) / 1024,
        ),
        case(
            "kernel_rank(kernel)",
            kernel=torch.tensor([[1.0, 0, 0, 2], [0, 1, 0, 0], [1, 1, 0, 2]]).view(1, 3, 2, 2),
        ),
        case("kernel_rank(kernel)", kernel=torch.zeros(2, 3, 2, 2)),
    ],
    hints=[
        "`torch.linalg.matrix_rank` takes a matrix. Which axis are its rows?",
        "`kernel.movedim(1, 0)` puts the input channels first, and `.flatten(1)` makes a matrix of it.",
        "`int(...)` of a tensor with one number is a whole number.",
    ],
)
def kernel_rank(kernel):
    """Write the kernel [n_out, n_in, k, k] as a matrix
    that has a row for each input channel. Returns the
    rank of this matrix, an int.
    """
    matrix = kernel.movedim(1, 0).flatten(1)
    return int(torch.linalg.matrix_rank(matrix))


MATRIX = "kernel.movedim(1, 0).flatten(1)\n -> "

mistakes(
    kernel_rank,
    {
        "Here the rows are *output* channels. Move the input channels to the front first.": MATRIX
        + "kernel.flatten(1)\n",
        "This views the kernel as if the input channels came first, and so mixes the channels up. Move the axis:"
        " `.movedim(1, 0)`.": MATRIX + "kernel.reshape(kernel.shape[1], -1)\n",
        "This is a rank for each pair of channels. All of the kernel has to become one matrix.": (
            "int(torch.linalg.matrix_rank(matrix)) -> torch.linalg.matrix_rank(kernel)"
        ),
        "This is how many input channels there are, which is the *largest* rank there can be.": (
            "int(torch.linalg.matrix_rank(matrix)) -> len(matrix)"
        ),
        "This is the largest rank that a matrix of this shape can have. How large it is depends on the numbers.": (
            "int(torch.linalg.matrix_rank(matrix)) -> min(matrix.shape)"
        ),
        "This counts the rows that are not all zero. Rows can be multiples or sums of others.": (
            "int(torch.linalg.matrix_rank(matrix)) -> int(matrix.any(1).sum())"
        ),
        "The limit below which a singular value counts as 0 is a fixed number here. It has to go with the largest one,"
        " as in `torch.linalg.matrix_rank`.": (
            "int(torch.linalg.matrix_rank(matrix)) -> int((torch.linalg.svdvals(matrix) > 0.1).sum())"
        ),
        "The rows are single places of the kernel here, for all input and output channels.": (
            MATRIX + "kernel.flatten(2).flatten(0, 1).T\n"
        ),
    },
)


@exercise(
    points=2,
    cases=[
        case("tile_kernels(kernels, 1, 1)", kernels=counting(1, 2, 2, 1, 1)),
        case(
            "tile_kernels(kernels, 1, 2)",
            "The two tiles lie side by side: four inputs.",
            kernels=counting(2, 2, 2, 1, 1),
        ),
        case("tile_kernels(kernels, 2, 1)", "The two tiles lie on top of each other.", kernels=counting(2, 2, 2, 1, 1)),
        case("tile_kernels(kernels, 2, 3)", kernels=counting(6, 1, 1, 1, 1)),
        case("tile_kernels(kernels, 2, 2)", kernels=counting(4, 2, 2, 2, 2)),
        case("tile_kernels(kernels, 3, 2)", kernels=counting(6, 2, 3, 2, 2)),
    ],
    hints=[
        "A row of tiles shares its outputs and has more inputs. Along which axis are its tiles joined?",
        "`kernels[r * cols : (r + 1) * cols]` is row r. `torch.cat(list(...), dim=1)` joins its inputs.",
        "The rows are then joined along the outputs, dim=0.",
    ],
    gradients=True,
    without=("hyperlib",),
)
def tile_kernels(kernels, rows, cols):
    """A large kernel from rows * cols basic ones.

    kernels [rows * cols, out, in, k, k], row after row.
    Returns [rows * out, cols * in, k, k].
    """
    strips = []
    for r in range(rows):
        row = kernels[r * cols : (r + 1) * cols]
        strips.append(torch.cat(list(row), dim=1))
    return torch.cat(strips, dim=0)


STRIPS = (
    "strips = []\n    for r in range(rows):\n        row = kernels[r * cols : (r + 1) * cols]\n"
    "        strips.append(torch.cat(list(row), dim=1))\n    return torch.cat(strips, dim=0) -> return "
)

mistakes(
    tile_kernels,
    {
        "Inputs and outputs are joined along each other's axis, so the blocks are transposed. A row of tiles is joined"
        " along the inputs (dim 1), and the rows along the outputs (dim 0).": [
            "dim=1 -> dim=0",
            "torch.cat(strips, dim=0) -> torch.cat(strips, dim=1)",
        ],
        "The tiles are taken column after column. They come row after row: the first `cols` of them are row 0.": (
            "kernels[r * cols : (r + 1) * cols] -> kernels[r::rows]"
        ),
        "Every tile is kernel 0, the same block over and over. Each tile has its own.": (
            STRIPS + "kernels[0].repeat(rows, cols, 1, 1)"
        ),
        "`view` (or `reshape`) puts the numbers into that shape in the order in which they lie in memory, and mixes"
        " tiles and channels up. Join the tiles with `torch.cat`, or move the axes first.": (
            STRIPS + "kernels.reshape(rows * kernels.shape[1], cols * kernels.shape[2], *kernels.shape[3:])"
        ),
        "All tiles are stacked along the outputs. Only the rows are. Within a row they are joined along the inputs.": (
            STRIPS + "torch.cat(list(kernels), dim=0)"
        ),
        "All tiles are in a single row. After `cols` of them a new row begins.": (
            STRIPS + "torch.cat(list(kernels), dim=1)"
        ),
        "The tiles are joined in space, so that the kernel covers more pixels. They belong side by side in the"
        " channels.": ["dim=1 -> dim=3", "torch.cat(strips, dim=0) -> torch.cat(strips, dim=2)"],
        "Row r begins at tile `r * cols`, since each row has `cols` tiles.": (
            "kernels[r * cols : (r + 1) * cols] -> kernels[r * rows : r * rows + cols]"
        ),
        "The rows are stacked along a new axis. Join them along the outputs with `torch.cat(..., dim=0)`.": (
            "torch.cat(strips, dim=0) -> torch.stack(strips)"
        ),
        "rows and cols have changed places.": "(kernels, rows, cols): -> (kernels, cols, rows):",
        "The tiles are interleaved: channel 0 of all tiles, then channel 1 of all tiles. The channels of one tile stay"
        " side by side.": (
            STRIPS + "kernels.unflatten(0, (rows, cols)).permute(2, 0, 3, 1, 4, 5).flatten(2, 3).flatten(0, 1)",
            STRIPS + "kernels.unflatten(0, (rows, cols)).permute(2, 0, 1, 3, 4, 5).flatten(2, 3).flatten(0, 1)",
            STRIPS + "kernels.unflatten(0, (rows, cols)).permute(0, 2, 3, 1, 4, 5).flatten(2, 3).flatten(0, 1)",
        ),
        "The tiles are added up. Each keeps its place in the large kernel.": (
            STRIPS + "kernels.sum(0).repeat(rows, cols, 1, 1)"
        ),
        "The values are right, but no gradient reaches the basic kernels.": "list(row) -> list(row.detach())",
    },
)


@exercise(
    skip=dict.fromkeys(("large numbers", "huge numbers"), "the list of so many starts would fill the memory"),
    points=1,
    cases=[
        case("batch_starts(6, 3, 2)", "These two batches are rows 0 to 2 and rows 3 to 5."),
        case("batch_starts(6, 2, 3)", "In these three batches every row comes once."),
        case("batch_starts(10_000, 1000, 10)", "This is the authors' test set. In ten batches every image comes once."),
        case("batch_starts(6, 2, 8)", "After the last batch it goes on from the beginning."),
        case("batch_starts(4, 4, 3)"),
        case("batch_starts(5, 1, 0)"),
    ],
    hints=[
        "Run it for 10,000 images in batches of 1,000, and write the starts down. Which one is missing?",
        "There are two faults: where the first batch begins, and when the pointer goes back to 0.",
        "Append the pointer before it moves. It goes back to 0 when it has reached n.",
    ],
)
def batch_starts(n, batch, steps):
    """Where each of the next batches begins.

    n rows are read `batch` at a time, from row 0 on, and
    from the beginning again when all were read.
    batch divides n.
    """
    starts, pointer = [], 0
    for _ in range(steps):
        starts.append(pointer)
        pointer += batch
        if pointer >= n:
            pointer = 0
    return starts


@stub(batch_starts)
def batch_starts_broken(n, batch, steps):
    """Where each of the next batches begins.

    n rows are read `batch` at a time, from row 0 on, and
    from the beginning again when all were read.
    batch divides n.
    """
    starts, pointer = [], 0
    for _ in range(steps):
        if pointer >= n - 2 * batch:
            pointer = 0
        else:
            pointer += batch
        starts.append(pointer)
    return starts


STEP = (
    "        starts.append(pointer)\n        pointer += batch\n        if pointer >= n:\n            pointer = 0\n -> "
)

mistakes(
    batch_starts,
    {
        "The last batch is never read, and the first one only in the second round. The pointer goes back to 0 while"
        " there are still `batch` rows left, and it moves before it is used.": (
            STEP + "        if pointer >= n - 2 * batch:\n            pointer = 0\n        else:\n"
            "            pointer += batch\n        starts.append(pointer)\n"
        ),
        "The last batch is read now, but the first one comes last: the pointer moves before it is used.": (
            STEP + "        if pointer >= n - batch:\n            pointer = 0\n        else:\n"
            "            pointer += batch\n        starts.append(pointer)\n",
            STEP + "        pointer = (pointer + batch) % n\n        starts.append(pointer)\n",
        ),
        "It begins at row 0 now, but the last batch is still left out: the pointer goes back one batch too early.": (
            "if pointer >= n: -> if pointer >= n - batch:",
            STEP + "        starts.append(pointer)\n        if pointer >= n - 2 * batch:\n            pointer = 0\n"
            "        else:\n            pointer += batch\n",
        ),
        "The pointer goes past the end, where there are no rows.": (
            "if pointer >= n: -> if pointer > n:",
            STEP + "        if pointer >= n:\n            pointer = 0\n        else:\n"
            "            pointer += batch\n        starts.append(pointer)\n",
        ),
        "The pointer never goes back to 0, so that after one round there are no rows.": (
            "        if pointer >= n:\n            pointer = 0\n -> "
        ),
        "This is one round, whatever `steps` says. After the last batch it goes on from the beginning.": (
            STEP + "        pass\n    return list(range(0, n, batch))\n",
            STEP + "        pass\n    return list(range(0, n, batch))[:steps]\n",
        ),
        "After the first round it goes on with the second batch: the pointer goes back to 0 and moves at once.": (
            STEP + "        starts.append(pointer)\n        if pointer > n - 2 * batch:\n            pointer = 0\n"
            "        pointer += batch\n"
        ),
        "Each batch begins only one row after the one before it.": "pointer += batch -> pointer += 1",
        "The pointer never moves: it is always the first batch.": "pointer += batch -> pointer += 0",
    },
)
