"""torch modules: what layers, containers and ready models make of a tensor."""

from advisor.code.library.torch_modules import (
    containers,
    first_layers,
    heads,
    layers,
    members,
    quantization,
    ready_models,
    sizes,
    submodules,
    weights,
    windows,
)

__all__ = [
    "containers",
    "first_layers",
    "heads",
    "layers",
    "members",
    "quantization",
    "ready_models",
    "sizes",
    "submodules",
    "weights",
    "windows",
]
