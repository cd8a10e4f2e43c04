"""torch modules: what layers, containers and ready models make of a tensor."""

from advisor.code.library.torch_modules import containers, layers, members, ready_models, windows

__all__ = ["containers", "layers", "members", "ready_models", "windows"]
