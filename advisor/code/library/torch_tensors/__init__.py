"""torch tensors: shapes, scales, gradients. Each module models one kind of operation."""

from advisor.code.library.torch_tensors import (
    activations,
    casts,
    copies,
    creation,
    elementwise,
    gradients,
    joins,
    parts,
    permutations,
    products,
    reductions,
    reshapes,
    sizes,
)

__all__ = [
    "activations",
    "casts",
    "copies",
    "creation",
    "elementwise",
    "gradients",
    "joins",
    "parts",
    "permutations",
    "products",
    "reductions",
    "reshapes",
    "sizes",
]
