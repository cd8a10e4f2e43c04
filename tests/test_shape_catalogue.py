"""What the abstract run makes of a tensor's shape, operation by operation, against torch itself."""

import pytest
import torch
from torch import nn

from advisor.code.values import Scalar, Value, shape_of
from tests.abstract_programs import program

# Below the sizes of `x` what is done to it.
CATALOGUE: dict[str, dict[tuple[int, ...], str]] = {
    "copies": {
        (2, 1, 3, 1): """
x.expand(2, 5, 3, 4)
x.expand(-1, 5, -1, 4)
""",
        (2, 3): """
torch.tile(x, (2, 2))
""",
        (2, 3, 4): """
x.repeat(2, 1, 1)
x.repeat(3, 1, 1, 2)
x.repeat_interleave(2, dim=1)
torch.repeat_interleave(x, 3, 0)
torch.broadcast_to(x[:1], (5, 3, 4))
x.expand(7, 2, 3, 4)
""",
        (2, 5): """
torch.FloatTensor(x.size())
torch.FloatTensor(4, 3)
torch.LongTensor([4, 3, 2])
""",
    },
    "elementwise": {
        (2, 3, 4): """
x + x[:, :1]
x + x[0]
x - torch.zeros(4)
torch.add(x, x[0])
x.mul(x[:1])
torch.where(x > 0, x, 0.0)
x.masked_fill(x > 0, 0.0)
torch.pow(x, 2)
x ** 2
-x
x.roll(1, 0)
x.flip(1)
x.tril()
torch.triu(x, diagonal=1)
x.clone()
x.type(torch.float32)
torch.sigmoid(x)
torch.clamp(x, 0, 1)
torch.logical_and(x > 0, x < 1)
(x > 0) & (x < 1)
~(x > 0)
x.eq(x[0])
x.gt(0)
x == 0
""",
    },
    "functions": {
        (2, 3): """
F.pairwise_distance(x, x)
F.cross_entropy(x, torch.zeros(2).long())
F.mse_loss(x, x)
""",
        (2, 3, 4): """
F.linear(x, torch.zeros(5, 4))
F.one_hot(x.argmax(1), 3)
F.one_hot(torch.zeros(5).long(), num_classes=10)
F.relu(x)
F.softmax(x, dim=-1)
F.log_softmax(x, 1)
F.dropout(x, 0.1)
F.gelu(x)
F.normalize(x, dim=-1)
F.layer_norm(x, (4,))
F.glu(x)
F.pad(x, (1, 2))
F.pad(x, (1, 2, 3, 4))
F.pad(x, [0, 1], value=1.0)
F.avg_pool1d(x, 2)
F.max_pool1d(x, 2)
F.embedding(x.long(), torch.zeros(9, 5))
F.scaled_dot_product_attention(x, x, x)
F.cosine_similarity(x, x, dim=1)
""",
        (2, 3, 4, 4): """
F.pad(x, (1, 1, 1, 1), mode='reflect')
F.interpolate(x, scale_factor=2)
F.interpolate(x, size=(7, 9))
F.interpolate(x, size=7, mode='bilinear')
F.upsample(x, scale_factor=2)
F.conv2d(x, torch.zeros(5, 3, 3, 3), padding=1)
F.conv2d(x, torch.zeros(5, 3, 3, 3), None, 2)
F.max_pool2d(x, 2)
F.max_pool2d(x, kernel_size=2, stride=1)
F.avg_pool2d(x, 2)
F.adaptive_avg_pool2d(x, 1)
F.adaptive_avg_pool2d(x, (1, 1))
F.adaptive_max_pool2d(x, 2)
F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2)
""",
    },
    "joins": {
        (2, 3, 4): """
torch.cat([x, x], 1)
torch.cat((x, x), dim=-1)
torch.concat([x, x])
torch.hstack([x, x])
torch.vstack([x, x])
torch.dstack([x, x])
torch.stack([x, x])
torch.stack((x, x), dim=1)
torch.stack([x, x], -1)
torch.cat([x[:, :1], x[:, 1:]], dim=1)
torch.cat([each for each in x.split(1, 1)], 1)
torch.cat(x.unbind(0), 0)
""",
    },
    "layers": {
        (2, 3): """
nn.CrossEntropyLoss()(x, torch.zeros(2).long())
nn.BCEWithLogitsLoss()(x, x)
nn.Embedding(9, 5)(x.long())
nn.Embedding(num_embeddings=9, embedding_dim=5)(x.long())
nn.EmbeddingBag(9, 5)(x.long())
nn.LSTMCell(3, 5)(x)[0]
nn.GRUCell(3, 5)(x)
nn.RNNCell(3, 5)(x)
nn.CosineSimilarity()(x, x)
nn.PairwiseDistance()(x, x)
""",
        (2, 3, 4): """
nn.Unflatten(2, (2, 2))(x)
nn.Linear(4, 5)(x)
nn.Linear(4, 5, bias=False)(x)
nn.LazyLinear(5)(x)
nn.Bilinear(4, 4, 5)(x, x)
nn.Conv1d(3, 5, 3)(x)
nn.Conv1d(3, 5, 3, padding=1)(x)
nn.Conv2d(2, 5, 3, padding=1)(x)
nn.AdaptiveAvgPool1d(1)(x)
nn.MaxPool1d(2)(x)
nn.AvgPool1d(2, stride=1)(x)
nn.ConstantPad1d(2, 0.0)(x)
nn.ReflectionPad1d(1)(x)
nn.BatchNorm1d(3)(x)
nn.LayerNorm(4)(x)
nn.RMSNorm(4)(x)
nn.Flatten()(x)
nn.Flatten(0, 1)(x)
nn.Identity()(x)
nn.Dropout(0.1)(x)
nn.ReLU()(x)
nn.Softmax(dim=-1)(x)
nn.Sigmoid()(x)
nn.GELU()(x)
nn.LeakyReLU(0.1)(x)
nn.Tanhshrink()(x)
nn.Hardshrink()(x)
nn.GLU()(x)
nn.GLU(dim=-1)(x)
nn.LSTM(4, 5, batch_first=True)(x)[0]
nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True)(x)[0]
nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True)(x)[1][0]
nn.GRU(4, 5)(x)[0]
nn.GRU(4, 5)(x)[1]
nn.RNN(4, 5, batch_first=True)(x)[0][:, -1]
nn.MultiheadAttention(4, 2, batch_first=True)(x, x, x)[0]
nn.MultiheadAttention(4, 2, batch_first=True)(x, x, x)[1]
nn.MultiheadAttention(4, 2)(x, x, x, need_weights=False)[0]
nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)(x)
nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2)(x)
nn.TransformerDecoderLayer(4, 2, 8, batch_first=True)(x, x)
nn.Transformer(4, 2, 1, 1, 8, batch_first=True)(x, x[:, :2])
nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))(x)
""",
        (2, 3, 4, 4): """
nn.Conv2d(3, 5, 3)(x)
nn.Conv2d(3, 5, (3, 1), stride=(1, 2), padding=(1, 0))(x)
nn.Conv2d(3, 6, 3, padding='same', groups=3)(x)
nn.Conv2d(3, 6, 3, padding='valid')(x)
nn.Conv2d(3, 5, 3, padding=2, dilation=2)(x)
nn.LazyConv2d(5, 3)(x)
nn.ConvTranspose2d(3, 5, 2, stride=2)(x)
nn.ConvTranspose2d(3, 5, 3, 2, 1, 1)(x)
nn.MaxPool2d(2)(x)
nn.MaxPool2d(3, 2, 1)(x)
nn.MaxPool2d(2, ceil_mode=True)(x)
nn.AvgPool2d(2)(x)
nn.LPPool2d(2, 2)(x)
nn.AdaptiveAvgPool2d(1)(x)
nn.AdaptiveAvgPool2d((1, 1))(x)
nn.AdaptiveAvgPool2d((None, 2))(x)
nn.AdaptiveMaxPool2d(2)(x)
nn.Upsample(scale_factor=2)(x)
nn.Upsample(size=(8, 8), mode='bilinear')(x)
nn.UpsamplingBilinear2d(scale_factor=2)(x)
nn.UpsamplingNearest2d(scale_factor=3)(x)
nn.PixelUnshuffle(2)(x)
nn.ZeroPad2d(1)(x)
nn.ZeroPad2d((1, 2, 3, 4))(x)
nn.ReflectionPad2d(1)(x)
nn.ReplicationPad2d((1, 1, 2, 2))(x)
nn.BatchNorm2d(3)(x)
nn.GroupNorm(3, 3)(x)
nn.InstanceNorm2d(3)(x)
nn.LocalResponseNorm(2)(x)
nn.ChannelShuffle(3)(x)
nn.Dropout2d(0.1)(x)
""",
        (2, 3, 4, 4, 4): """
nn.Conv3d(3, 5, 3)(x)
nn.MaxPool3d(2)(x)
""",
        (2, 4, 4, 4): """
nn.PixelShuffle(2)(x.permute(0, 1, 2, 3))
""",
    },
    "new tensors": {
        (2, 3, 4): """
torch.where(x > 0, x, torch.zeros(1))
x.new_zeros(2, 5)
x.new_ones(x.shape)
x.new_full((2, 3), 1.0)
torch.zeros_like(x)
torch.randn_like(x)
torch.full((2, 3), 0.5)
torch.zeros(x.shape[0], 5)
torch.zeros(x.size())
torch.zeros(x.shape)
torch.zeros((2, 5))
torch.ones(*x.shape[:2], 1)
torch.eye(3)
torch.eye(3, 4)
torch.arange(5)
torch.arange(x.size(1))
torch.arange(0, 10, 2)
torch.arange(2, 7)
torch.linspace(0, 1, 7)
torch.randint(0, 5, (2, 3))
torch.randint(5, (2, 3))
torch.randn(2, 3, device='cpu')
torch.rand(size=(2, 3))
torch.normal(0.0, 1.0, size=(2, 3))
torch.normal(0.0, 1.0, (2, 3))
torch.tensor([[1.0, 2.0]])
torch.randperm(5)
torch.meshgrid(torch.arange(2), torch.arange(3), indexing='ij')[0]
torch.bernoulli(x.sigmoid())
torch.multinomial(x[0].softmax(-1), 2)
""",
    },
    "parts": {
        (2, 3, 4): """
x[:, None]
x[..., None, :]
x[:, :2]
x[:, 1:]
x[:, 1:3]
x[:, -2:]
x[:, :-1]
x[..., 0]
x[:, ::2]
x[0, 1]
x[:, 0, :]
x[:, [0, 2]]
x[torch.tensor([0, 1, 1])]
x[:, torch.arange(3)]
x[x > 0].unsqueeze(0).new_zeros(1, 2)
x[:, :, 1:4:2]
x[-1]
x[-1:]
x.narrow(1, 0, 2)
x.select(1, 0)
x.index_select(1, torch.tensor([0, 2]))
torch.gather(x, 2, torch.zeros(2, 3, 1, dtype=torch.long))
x.chunk(2, dim=-1)[0]
torch.chunk(x, 3, dim=1)[1]
x.split(2, dim=-1)[0]
torch.split(x, [1, 2], dim=1)[1]
x.split([1, 3], -1)[1]
x.unbind(1)[0]
x.tensor_split(2, dim=2)[0]
x[:, :1].expand_as(x)
""",
    },
    "permutations": {
        (2, 3): """
x.t()
x.T
""",
        (2, 3, 4): """
x.swapaxes(0, 1)
torch.swapaxes(x, 0, -1)
x.movedim(0, -1)
torch.movedim(x, 1, 0)
torch.moveaxis(x, (0, 1), (1, 0))
x.mT
x.transpose(1, 2).contiguous()
x.permute(0, 2, 1)
x.permute((0, 2, 1))
x.permute(*[2, 0, 1])
torch.permute(x, (2, 1, 0))
""",
    },
    "products": {
        (2, 3): """
x.mm(x.t())
torch.mm(x, x.T)
x.mv(torch.zeros(3))
torch.addmm(torch.zeros(2), x, x.T)
torch.outer(x[0], x[1])
torch.dot(x[0], x[1])
torch.baddbmm(torch.zeros(1, 2, 2), x[None], x.T[None])
torch.cdist(x, x)
""",
        (2, 3, 4): """
torch.einsum('bij,bkj->bik', x, x)
torch.einsum('b i j -> b j', x)
torch.einsum('bij,bij->', x, x)
torch.einsum('ij,jk', x[0], x[0].T)
torch.einsum('bij->bji', [x])
x @ x.transpose(1, 2)
torch.matmul(x, x.mT)
torch.bmm(x, x.transpose(-1, -2))
x @ torch.zeros(4, 5)
x @ torch.zeros(4)
torch.zeros(3) @ x
torch.zeros(7, 3) @ x
torch.zeros(5, 1, 6, 3) @ x
""",
    },
    "reductions": {
        (2, 3, 4): """
x.sum()
x.sum(1)
x.sum(dim=(0, 2))
x.sum(-1, keepdim=True)
x.mean([1, 2])
x.mean(axis=1)
torch.mean(x, 1, True)
x.max(1)[0]
x.max(dim=1).values
x.max(1, keepdim=True)[0]
torch.max(x, 1)[1]
x.min(-1)[0]
x.max()
x.median(1)[0]
x.argmax(1)
x.argmax(dim=-1, keepdim=True)
torch.argmax(x, dim=1)
x.argmin(0)
x.amax((1, 2))
x.var(1)
x.std(dim=1, keepdim=True)
x.var(1, unbiased=False)
x.norm(dim=1)
x.norm(2, 1)
x.norm(p=2, dim=-1, keepdim=True)
torch.norm(x, dim=1)
torch.linalg.vector_norm(x, dim=-1)
x.logsumexp(1)
torch.logsumexp(x, dim=1, keepdim=True)
x.prod(1)
x.all(1)
x.any(dim=-1)
x.cumsum(1)
torch.cumsum(x, dim=1)
x.cumprod(1)
x.topk(2, dim=1)[0]
torch.topk(x, 3)[1]
x.topk(2).indices
x.sort(1)[0]
torch.sort(x, dim=1).values
x.argsort(1)
x.count_nonzero(1)
x.nanmean(1)
x * x.mean(1, keepdim=True)
torch.maximum(x, x[:1])
torch.softmax(x, dim=1)
""",
    },
    "reshapes": {
        (2, 1, 3, 1): """
x.squeeze()
x.squeeze(1)
x.squeeze(-1)
x.squeeze((1, 3))
torch.squeeze(x, 1)
""",
        (2, 3): """
x.view(3, 2)
x.reshape(-1)
torch.reshape(x, (3, -1))
""",
        (2, 3, 4): """
x.view(x.size(0), -1)
x.view(*x.shape[:-1], 2, 2)
x.view(x.shape[0], -1, 2)
x.view(x.shape[:2] + (2, 2))
x.reshape(*x.shape[:2], -1)
x.view((2, 12))
x.reshape([2, 12])
x.unflatten(2, (2, 2))
x.unflatten(-1, (2, -1))
torch.unflatten(x, 1, (3, 1))
x.flatten(1)
x.flatten(start_dim=1, end_dim=2)
torch.flatten(x, 1)
torch.flatten(x)
torch.ravel(x)
x.unsqueeze(1)
x.unsqueeze(-1)
torch.unsqueeze(x, 0)
""",
    },
    "sizes": {
        (2, 3, 4): """
x.size(0)
x.shape[-1]
x.numel()
x.dim()
x.ndim
len(x)
""",
    },
}
EINOPS = {
    "rearrange(x, 'b c t -> b t c')": [2, 4, 3],
    "rearrange(x, 'b c (h w) -> b c h w', h=2)": [2, 3, 2, 2],
    "rearrange(x, 'b c t -> (b c) t')": [6, 4],
    "rearrange(x, 'b ... -> b (...)')": [2, 12],
    "rearrange(x, 'b c t -> b 1 c t')": [2, 1, 3, 4],
    "reduce(x, 'b c t -> b c', 'mean')": [2, 3],
    "reduce(x, 'b c (t p) -> b c t', 'max', p=2)": [2, 3, 2],
    "repeat(x, 'b c t -> b c t k', k=5)": [2, 3, 4, 5],
    "repeat(x[:1], '1 n d -> b n d', b=7)": [7, 3, 4],
    "Rearrange('b (h p) w -> b h (p w)', p=3)(x)": [2, 1, 12],
    "Reduce('b c t -> b c', 'mean')(x)": [2, 3],
    "einsum(x, x, 'b i j, b k j -> b i k')": [2, 3, 3],
}
IMPORTS = """
import torch
import torch.nn.functional as F
from torch import nn
from einops import einsum, rearrange, reduce, repeat
from einops.layers.torch import Rearrange, Reduce
"""


def sizes_of(value: Value) -> list[int | None] | int | None:
    if isinstance(value, Scalar):
        return value.number.integer
    shape = shape_of(value)
    if shape is None or shape.dims is None:
        return None
    return [dim.integer for dim in shape.dims]


def real_sizes(code: str, sizes: tuple[int, ...]) -> list[int] | int:
    names = {"torch": torch, "nn": nn, "F": nn.functional, "x": torch.rand(sizes)}
    made = eval(code, names)
    return list(made.shape) if isinstance(made, torch.Tensor) else int(made)


@pytest.mark.parametrize("kind", CATALOGUE)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_shape_behind_an_operation_is_torchs_own(kind: str) -> None:
    for sizes, text in CATALOGUE[kind].items():
        codes = text.strip().splitlines()
        lines = [f"y{number} = {code}" for number, code in enumerate(codes)]
        start = f"x = torch.rand({', '.join(map(str, sizes))})"
        names = program("\n".join([IMPORTS, start, *lines])).scope.fields
        found = {code: sizes_of(names[f"y{number}"]) for number, code in enumerate(codes)}
        assert found == {code: real_sizes(code, sizes) for code in codes}


def test_einops_is_understood_by_its_patterns() -> None:
    lines = [f"y{number} = {code}" for number, code in enumerate(EINOPS)]
    names = program("\n".join([IMPORTS, "x = torch.rand(2, 3, 4)", *lines])).scope.fields
    found = {code: sizes_of(names[f"y{number}"]) for number, code in enumerate(EINOPS)}
    assert found == EINOPS


def test_a_pattern_of_einops_names_the_axes_of_an_unknown_tensor() -> None:
    run = program(
        IMPORTS + "def heads(x, n):\n    q = rearrange(x, 'b t (n d) -> b n t d', n=n)\n"
        "    return q.shape[0], q.shape[2]\n"
    )
    assert run.entries[-1].given_up is None


def test_an_axis_that_is_reduced_behind_the_batch_leaves_the_batch() -> None:
    run = program(IMPORTS + "b = x.size(0)\ny = x.sum(1)\nz = y.size(0)")
    assert run["z"] == run["b"]
