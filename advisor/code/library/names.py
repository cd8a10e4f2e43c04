"""Names: which libraries are known, which builtins there are, and one path for each thing."""

import builtins
from functools import lru_cache

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) | {
    "__import__",
    "__build_class__",
}

# Roots of the libraries that are known by name. A file of the project with such a name (a script
# called `random.py`, say) is not looked for.
LIBRARIES = frozenset(
    [
        "abc",
        "accelerate",
        "albumentations",
        "apex",
        "argparse",
        "ast",
        "asyncio",
        "audiomentations",
        "base64",
        "bisect",
        "bs4",
        "builtins",
        "bz2",
        "cProfile",
        "catboost",
        "click",
        "cmath",
        "collections",
        "comet_ml",
        "concurrent",
        "contextlib",
        "copy",
        "csv",
        "ctypes",
        "cv2",
        "dataclasses",
        "datasets",
        "datetime",
        "deepspeed",
        "einops",
        "enum",
        "fire",
        "flax",
        "fnmatch",
        "fractions",
        "functools",
        "gc",
        "glob",
        "gradio",
        "gym",
        "gymnasium",
        "gzip",
        "h5py",
        "hashlib",
        "heapq",
        "huggingface_hub",
        "hydra",
        "imageio",
        "imblearn",
        "importlib",
        "inspect",
        "io",
        "ipywidgets",
        "itertools",
        "jax",
        "joblib",
        "json",
        "keras",
        "keras_tuner",
        "kerastuner",
        "keras_core",
        "librosa",
        "lightgbm",
        "lightning",
        "lightning_fabric",
        "logging",
        "lzma",
        "math",
        "matplotlib",
        "mlflow",
        "multiprocessing",
        "networkx",
        "nltk",
        "numba",
        "numbers",
        "numpy",
        "omegaconf",
        "onnx",
        "onnxruntime",
        "opacus",
        "openpyxl",
        "operator",
        "optax",
        "optuna",
        "os",
        "pandas",
        "pathlib",
        "pdb",
        "peft",
        "pickle",
        "pkg_resources",
        "platform",
        "plotly",
        "polars",
        "pprint",
        "psutil",
        "pytest",
        "pytorch_lightning",
        "queue",
        "random",
        "ray",
        "re",
        "requests",
        "rich",
        "scipy",
        "seaborn",
        "sentence_transformers",
        "sentencepiece",
        "shutil",
        "signal",
        "sklearn",
        "skimage",
        "socket",
        "spacy",
        "sqlite3",
        "statistics",
        "statsmodels",
        "string",
        "struct",
        "subprocess",
        "sys",
        "tabulate",
        "tempfile",
        "tensorboard",
        "tensorboardX",
        "tensorflow",
        "termcolor",
        "tf_keras",
        "textwrap",
        "thop",
        "threading",
        "tiktoken",
        "time",
        "timeit",
        "timm",
        "tokenizers",
        "torch",
        "torch_audiomentations",
        "torch_geometric",
        "torch_xla",
        "torchaudio",
        "torchinfo",
        "torchmetrics",
        "torchsummary",
        "torchtext",
        "torchvision",
        "tqdm",
        "traceback",
        "transformers",
        "trl",
        "types",
        "typing",
        "typing_extensions",
        "unittest",
        "urllib",
        "uuid",
        "visdom",
        "wandb",
        "warnings",
        "weakref",
        "xgboost",
        "xml",
        "yaml",
        "zipfile",
        "PIL",
        "absl",
        "attr",
        "attrs",
    ]
)

_PREFIXES = (
    ("tensorflow.compat.v1.", "tensorflow."),
    ("tensorflow.compat.v2.", "tensorflow."),
    ("tensorflow.keras.", "keras."),
    ("tensorflow.python.keras.", "keras."),
    ("tensorflow.losses.", "keras.losses."),
    ("tensorflow.optimizers.", "keras.optimizers."),
    ("tf_keras.", "keras."),
    ("keras_core.", "keras."),
    ("keras.api.", "keras."),
    ("keras._tf_keras.keras.", "keras."),
    ("keras.src.", "keras."),
    ("keras.objectives.", "keras.losses."),
    ("kerastuner.", "keras_tuner."),
    ("keras_tuner.tuners.", "keras_tuner."),
    ("pytorch_lightning.", "lightning.pytorch."),
    ("lightning.LightningDataModule", "lightning.pytorch.LightningDataModule"),
    ("lightning.pytorch.callbacks.model_checkpoint.", "lightning.pytorch.callbacks."),
    ("lightning.pytorch.callbacks.early_stopping.", "lightning.pytorch.callbacks."),
    ("lightning.LightningModule", "lightning.pytorch.LightningModule"),
    ("lightning.LightningDataModule", "lightning.pytorch.LightningDataModule"),
    ("lightning.Trainer", "lightning.pytorch.Trainer"),
    ("lightning.pytorch.core.module.", "lightning.pytorch."),
    ("lightning.pytorch.core.lightning.", "lightning.pytorch."),
    ("lightning.pytorch.core.", "lightning.pytorch."),
    ("lightning.pytorch.trainer.trainer.", "lightning.pytorch."),
    ("lightning.pytorch.trainer.Trainer", "lightning.pytorch.Trainer"),
    ("lightning_fabric.", "lightning.fabric."),
    ("lightning.Fabric", "lightning.fabric.Fabric"),
    ("torch.autograd.variable.", "torch.autograd."),
    ("transformers.optimization.", "transformers."),
    ("transformers.trainer.", "transformers."),
    ("transformers.training_args.", "transformers."),
    ("torch.nn.functional.", "torch.nn.functional."),
    ("torch.cuda.amp.grad_scaler.", "torch.cuda.amp."),
    ("transformers.trainer_seq2seq.", "transformers."),
    ("transformers.training_args_seq2seq.", "transformers."),
    ("diffusers.optimization.", "transformers."),
    ("accelerate.accelerator.", "accelerate."),
    ("timm.optim.optim_factory.", "timm.optim."),
    ("timm.scheduler.scheduler_factory.", "timm.scheduler."),
    ("timm.utils.cuda.", "timm.utils."),
    ("keras.optimizers.legacy.", "keras.optimizers."),
    ("keras.optimizers.experimental.", "keras.optimizers."),
    ("keras.layers.experimental.preprocessing.", "keras.layers."),
    ("tqdm.auto.", "tqdm."),
    ("tqdm.notebook.", "tqdm."),
    ("sklearn.preprocessing.data.", "sklearn.preprocessing."),
)
_WHOLE = {
    "tensorflow.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tensorflow.compat.v1": "tensorflow",
    "tensorflow.compat.v2": "tensorflow",
    "tensorflow.losses": "keras.losses",
    "tensorflow.optimizers": "keras.optimizers",
    "tf_keras": "keras",
    "keras_core": "keras",
    "keras.api": "keras",
    "keras.objectives": "keras.losses",
    "kerastuner": "keras_tuner",
    "keras_tuner.tuners": "keras_tuner",
    "keras.layers.Input": "keras.Input",
    "keras.Layer": "keras.layers.Layer",
    "pytorch_lightning": "lightning.pytorch",
    "lightning_fabric": "lightning.fabric",
    "tqdm.auto": "tqdm",
    "tqdm.notebook": "tqdm",
}
# Modules whose classes are no classes of the package they lie in.
_OWN_FOLDERS = frozenset({"lr_scheduler", "swa_utils", "schedules"})
# Parts of Keras where classes lie in modules of their own, and where models do.
_WITH_FOLDERS = frozenset({"layers", "optimizers", "losses", "applications"})
_OF_MODELS = frozenset({"models", "engine", "training"})


@lru_cache(maxsize=8192)
def canonical(path: str) -> str:
    """The one path that a thing goes by, whichever way it was imported."""
    if path in _WHOLE:
        return _WHOLE[path]
    for prefix, replacement in _PREFIXES:
        if path.startswith(prefix):
            changed = replacement + path[len(prefix) :]
            if changed != path:
                return canonical(changed)
            break
    parts = path.split(".")
    if path.startswith("torch.nn.modules."):
        # A class, or a method of it, lies in a module of its own and in the package of these.
        named = next((at for at in (3, 4) if parts[at : at + 1] and parts[at][:1].isupper()), 4)
        if named == 3 or len(parts) > 4:
            return f"torch.nn.{'.'.join(parts[named:])}"
    if path.startswith("torch.optim.") and len(parts) == 4 and parts[2] not in _OWN_FOLDERS:
        return f"torch.optim.{parts[3]}" if parts[3][:1].isupper() else path
    if parts[0] == "keras":
        return _canonical_of_keras(path, parts)
    return path


def _canonical_of_keras(path: str, parts: list[str]) -> str:
    """Keras names the same class in its package, in a subpackage, and in the module it lies in."""
    name = parts[-1]
    if name in {"Model", "Sequential", "Functional"} and len(parts) > 2 and parts[1] in _OF_MODELS:
        return "keras.Sequential" if name == "Sequential" else "keras.Model"
    if name in {"Layer", "InputLayer"} and parts[1] == "engine":
        return f"keras.layers.{name}"
    if len(parts) > 3 and parts[1] in _WITH_FOLDERS and name[:1].isupper():
        return path if parts[2] in _OWN_FOLDERS else f"keras.{parts[1]}.{name}"
    return path


def words(text: str) -> tuple[str, ...]:
    """The names in a table that is written as text."""
    return tuple(text.split())
