"""What held-out samples go through before a model is judged by them."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import copy
import albumentations as A
import torch
from torch.utils.data import DataLoader, Dataset, Subset, SubsetRandomSampler, random_split
from torchvision import transforms as T
from torchvision.datasets import CIFAR10, ImageFolder, MNIST
from torchvision.transforms import v2
from tensorflow.keras.preprocessing.image import ImageDataGenerator
"""


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN505"]


def wrong(text: str) -> list[tuple[int, str]]:
    return marked(IMPORTS + text, "NN505")


@pytest.mark.parametrize(
    "transform",
    [
        "T.RandomCrop(32)",
        "T.Compose([T.ToTensor(), T.RandomErasing()])",
        "T.Compose([v2.RandAugment(), v2.ToTensor()])",
        "v2.Compose([T.RandomApply([T.ColorJitter(0.4)], p=0.3)])",
        "T.Compose([T.RandomRotation((-90, 90)), T.ToTensor()])",
        "T.RandomAffine(0, translate=(0.1, 0.1))",
        "T.ColorJitter(brightness=0, contrast=(0.5, 1.5))",
        "T.RandomHorizontalFlip(0.5)",
        "T.Compose([T.Resize(32), A.Compose([A.OneOf([A.Blur(), A.GaussNoise()])])])",
    ],
)
@pytest.mark.parametrize("use", ["test_data = ", "data = DataLoader("])
def test_held_out_samples_are_not_changed_at_random(transform: str, use: str) -> None:
    made = f"CIFAR10('data', train=False, transform={transform})"
    end = ", 32)" if use.endswith("(") else "\nloader = DataLoader(test_data, batch_size=32)"
    head, rest = (use + made + end).partition("\n")[::2]
    text = f"{head}  # error\n{rest}\n"
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    "transform",
    [
        "T.ToTensor()",
        "T.Compose([T.Resize(32), T.CenterCrop(28), T.Normalize(0.5, 0.5)])",
        "T.Compose([T.RandomHorizontalFlip(p=1), T.ToTensor()])",
        "T.Compose([T.RandomApply([T.ColorJitter(0.4)], p=0)])",
        "T.Compose([T.RandomRotation((-90, -90)), T.RandomVerticalFlip(p=1)])",
        "T.Compose([T.RandomRotation(degrees=0), T.RandomHorizontalFlip(0)])",
        "T.RandomAffine((90, 90), translate=(0, 0), scale=(1.2, 1.2))",
        "T.Compose([T.ColorJitter(0, 0, 0, 0), T.RandomGrayscale(1.0)])",
        "A.Compose([A.Resize(32, 32), A.Normalize(), A.HorizontalFlip(p=1.0)])",
        "T.Compose([T.RandomCrop(32)] if training else [T.CenterCrop(32)])",
        "T.Compose(parts)",
        "build(T.RandomCrop(32))",
    ],
)
def test_what_is_fixed_or_not_known_is_fine(transform: str) -> None:
    text = f"test_data = MNIST('data', False, {transform})\nloader = DataLoader(test_data, 32)\n"
    assert not found(text)


AUGMENTED = "whole = ImageFolder('data', T.Compose([T.RandomCrop(32), T.ToTensor()]))\n"


@pytest.mark.parametrize(
    "text",
    [
        (
            "train, other = random_split(whole, [0.9, 0.1])  # error\n"
            "first, second = DataLoader(train, 32, shuffle=True), DataLoader(other, 32)\n"
        ),
        "val_set = Subset(whole, range(100))  # error\nloader = DataLoader(val_set, 32)\n",
        (
            "class Loaders:\n    def __init__(self):\n"
            "        self.train, self.val = random_split(whole, [0.9, 0.1])  # error\n"
            "    def val_dataloader(self):\n        return DataLoader(self.val, batch_size=32)\n"
            "Loaders().val_dataloader()\n"
        ),
        (
            "order = torch.randperm(len(whole))\n"
            "train = DataLoader(whole, 32, sampler=SubsetRandomSampler(order[800:]))\n"
            "val = DataLoader(whole, 32, sampler=SubsetRandomSampler(order[:800]))  # error\n"
        ),
        (
            "train, val = random_split(whole, [0.9, 0.1])  # error\n"
            "val.dataset.transform = T.RandomRotation(10)\nloader = DataLoader(val, 32)\n"
        ),
    ],
)
def test_parts_of_augmented_data_are_augmented(text: str) -> None:
    assert found(AUGMENTED + text) == wrong(AUGMENTED + text)


@pytest.mark.parametrize(
    "text",
    [
        (
            "train, val = random_split(whole, [0.9, 0.1])\nval.dataset = copy.copy(whole)\n"
            "val.dataset.transform = T.ToTensor()\nloader = DataLoader(val, 32)\n"
        ),
        "train, val = random_split(whole, [0.9, 0.1])\nloader = DataLoader(train, 32)\n",
        (
            "train, val = random_split(whole, [0.9, 0.1])\nval = Wrapped(val, T.ToTensor())\n"
            "loader = DataLoader(val, 32)\n"
        ),
        "train, tta_val = random_split(whole, [0.9, 0.1])\nloader = DataLoader(tta_val, 32)\n",
        (
            "train, val = random_split(whole, [0.9, 0.1])\n"
            "first, second, third = DataLoader(val), DataLoader(val), DataLoader(val)\n"
        ),
        (
            "order = torch.randperm(len(whole))\nplain = ImageFolder('pictures', T.ToTensor())\n"
            "train = DataLoader(whole, 32, sampler=SubsetRandomSampler(order[800:]))\n"
            "val = DataLoader(plain, 32, sampler=SubsetRandomSampler(order[:800]))\n"
        ),
        "# SimCLR\ntrain, val = random_split(whole, [0.9, 0.1])\nloader = DataLoader(val, 32)\n",
    ],
)
def test_parts_may_have_a_transform_of_their_own(text: str) -> None:
    assert not found(AUGMENTED + text)


CLASS = """
class Pictures(Dataset):
    def __init__(self, names, transform=None, training=False):
        self.names, self.transform, self.training = names, transform, training
    def __getitem__(self, index):
        picture = read(self.names[index])
        if {condition}:
            picture = self.transform(picture)
        return picture
test_data = Pictures(names, T.RandomCrop(32)){mark}
loader = DataLoader(test_data, batch_size=32)
"""


def test_classes_of_the_program_apply_the_transform_that_they_keep() -> None:
    text = CLASS.format(condition="self.transform", mark="  # error")
    assert found(text) == wrong(text)
    assert not found(CLASS.format(condition="self.training", mark=""))


GENERATOR = "changing = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)\n"


@pytest.mark.parametrize(
    "text",
    [
        "val = changing.flow_from_directory('data/val')  # error\n",
        "other = changing.flow_from_directory('data', subset='validation')  # error\n",
        (
            "train = changing.flow(x, y)\nother = changing.flow(a, b)  # error\n"
            "model.fit(train, validation_data=other)\n"
        ),
    ],
)
def test_generators_of_keras_change_all_that_flows_from_them(text: str) -> None:
    assert found(GENERATOR + text) == wrong(GENERATOR + text)


@pytest.mark.parametrize(
    "text",
    [
        "train = changing.flow_from_directory('data/train')\n",
        "val = ImageDataGenerator(rescale=1 / 255).flow_from_directory('data/val')\n",
        "val = ImageDataGenerator(rotation_range=0).flow_from_directory('data/val')\n",
        "val = ImageDataGenerator(**options).flow_from_directory('data/val')\n",
        "for aug in range(5):\n    val = changing.flow_from_directory('data/val')\n    add(val)\n",
    ],
)
def test_generators_that_change_nothing_at_random_may_feed_an_evaluation(text: str) -> None:
    assert not found(GENERATOR + text)


DATA_SET = """\
import random
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
class Waves(Dataset):
    def __init__(self, waves, labels, changes=False):
        self.waves, self.labels, self.changes = waves, labels, changes
    def __len__(self):
        return len(self.labels)
    def __getitem__(self, number):
        wave, label = self.waves[number], self.labels[number]
{body}
"""
USE = """\
def judge(waves, labels):
    train_loader = DataLoader(Waves(waves[:900], labels[:900]), batch_size=8, shuffle=True)
    test_loader = DataLoader(Waves(waves[900:], labels[900:]), batch_size=8){mark}
    return train_loader, test_loader
"""


def in_data_set(*lines: str) -> str:
    return DATA_SET.replace("{body}", "\n".join(f"        {line}" for line in lines))


@pytest.mark.parametrize(
    "lines",
    [
        ("return wave + 0.1 * torch.randn_like(wave), label",),
        ("wave = wave * np.random.uniform(0.8, 1.2)", "return wave, label"),
        ("shift = random.randint(-5, 5)", "return np.roll(wave, shift), label"),
        ("if random.random() < 0.5:", "    wave = np.flip(wave)", "return wave, label"),
        ("turned = torch.rand(1) < 0.5", "if turned:", "    wave = torch.flip(wave, [0])")
        + ("return wave, label",),
        ("return T.functional.rotate(wave, random.uniform(-9, 9)), label",),
    ],
)
def test_code_of_a_data_set_changes_its_samples_whatever_they_are_for(lines: tuple[str]) -> None:
    text = in_data_set(*lines) + USE.replace("{mark}", "  # error")
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    "lines",
    [
        ("return np.flip(wave).copy(), label",),
        ("return wave - wave.mean(), label",),
        ("if self.changes:", "    wave = np.roll(wave, random.randint(-5, 5))")
        + ("return wave, label",),
        ("return wave + 0.1 * torch.randn_like(wave), wave",),
        ("noisy = wave + 0.1 * torch.randn_like(wave)", "return {'in': noisy, 'out': wave}"),
    ],
)
def test_what_is_fixed_asked_for_or_to_be_undone_is_fine(lines: tuple[str]) -> None:
    assert not found(in_data_set(*lines) + USE.replace("{mark}", ""))


@pytest.mark.parametrize(
    "lines",
    [
        (
            "chosen = np.random.choice(len(self.waves))",
            "return self.waves[chosen] * np.random.uniform(0.5, 1), self.labels[chosen]",
        ),
        (
            "one, two = np.random.choice(len(self.waves), 2)",
            "share = np.random.uniform(0, 1)",
            "return self.waves[one] * share + self.waves[two] * (1 - share), number",
        ),
        ("np.random.seed(number)", "return self.waves[number] * np.random.uniform(0.5, 1)"),
        ("draw = np.random.default_rng(number)", "wave = self.waves[number]")
        + ("return wave * draw.uniform(0.5, 1), self.labels[number]",),
    ],
)
def test_samples_that_are_made_up_or_come_out_the_same_each_time_are_fine(
    lines: tuple[str],
) -> None:
    read = "        wave, label = self.waves[number], self.labels[number]\n"
    text = in_data_set(*lines).replace(read, "")
    assert not found(text + USE.replace("{mark}", ""))


CHANCES = """\
class Waves(Dataset):
    def __init__(self, waves, labels, train=True, p=0.5):
        self.waves, self.labels, self.train, self.p = waves, labels, train, p
    def __len__(self):
        return len(self.labels)
    def __getitem__(self, number):
        wave, label = self.waves[number], self.labels[number]
        {chance}
            wave = np.roll(wave, random.randint(-5, 5))
        return wave, label
def judge(waves, labels):
    train_loader = DataLoader(Waves(waves[:900], labels[:900]), batch_size=8, shuffle=True)
    test_loader = DataLoader(Waves(waves[900:], labels[900:], {told}), batch_size=8)
    return train_loader, test_loader
"""


@pytest.mark.parametrize(
    ("chance", "told", "is_wrong"),
    [
        ("if random.random() < self.p:", "", True),
        ("if random.random() < self.p:", "p=0.1", True),
        ("if random.random() < self.p:", "p=0.0", False),
        ("if random.random() < self.p:", "p=options.p", False),
        ("if random.random() < (0.5 if self.train else 0):", "train=False", False),
        ("p = 0.5 if self.train else 0.0\n        if random.random() < p:", "train=False", False),
        ("p = 0.5\n        if random.random() < p:", "train=False", True),
        ("if self.train and random.random() < 0.5:", "train=False", False),
        ("if label == 3:", "", False),
    ],
)
def test_a_change_that_is_never_drawn_is_fine(chance: str, told: str, is_wrong: bool) -> None:
    head = DATA_SET[: DATA_SET.index("class")]
    assert bool(found(head + CHANCES.format(chance=chance, told=told))) is is_wrong


HISS = """\
class Waves(Dataset):
    def __init__(self, waves, labels, share=0.1):
        self.waves, self.labels, self.share = waves, labels, share
    def __len__(self):
        return len(self.labels)
    def __getitem__(self, number):
        hiss = self.share * np.random.normal(0, 1, 8000)
        return hiss + self.waves[number], self.labels[number]
def judge(waves, labels, options):
    test_set = Waves(waves, labels, {told})
    return DataLoader(test_set, batch_size=8)
"""


@pytest.mark.parametrize(
    ("told", "is_wrong"), [("", True), ("0.3", True), ("options['share']", False)]
)
def test_so_much_noise_as_somebody_asks_for_is_fine(told: str, is_wrong: bool) -> None:
    head = DATA_SET[: DATA_SET.index("class")]
    assert bool(found(head + HISS.format(told=told))) is is_wrong


@pytest.mark.parametrize("number", ["number % len(self.waves)", "self.order[number]"])
def test_a_number_may_be_computed_from_the_one_that_is_asked_for(number: str) -> None:
    read = "        wave, label = self.waves[number], self.labels[number]\n"
    own = f"        own = {number}\n" + read.replace("number", "own")
    text = in_data_set("return wave * np.random.uniform(0.8, 1.2), label").replace(read, own)
    text += USE.replace("{mark}", "  # error")
    assert found(text) == wrong(text)


PARTS = """\
from datasets import load_dataset
from transformers import Trainer
turn = T.Compose([T.RandomRotation(9), T.ToTensor()])
keep = T.Compose([T.Resize(32), T.ToTensor()])
def turned(batch):
    batch["pixels"] = [turn(each) for each in batch["image"]]
    return batch
def kept(batch):
    batch["pixels"] = [keep(each) for each in batch["image"]]
    return batch
parts = load_dataset("beans")
"""
TRAIN = 'Trainer(m, a, train_dataset=parts["train"], eval_dataset=parts["validation"]).train()'


@pytest.mark.parametrize(
    "change",
    [
        "parts.set_transform(turned)  # error",
        "parts = parts.with_transform(turned)  # error",
        "parts = parts.map(turned, batched=True)  # error",
    ],
)
def test_all_parts_of_hugging_face_go_through_a_random_transform(change: str) -> None:
    text = f"{PARTS}{change}\n{TRAIN}\n"
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    "change",
    [
        "parts.set_transform(kept)",
        'parts["train"].set_transform(turned)',
        'parts.set_transform(turned)\nparts["validation"].set_transform(kept)',
    ],
)
def test_parts_of_hugging_face_may_have_transforms_of_their_own(change: str) -> None:
    assert not found(f"{PARTS}{change}\n{TRAIN}\n")


STREAM = """\
import tensorflow as tf
turn = tf.keras.Sequential([tf.keras.layers.RandomFlip("horizontal")])
def changed(picture, label):
    return turn(picture, training={training}), label
def data(paths, labels):
    return tf.data.Dataset.from_tensor_slices((paths, labels)).map({change}).batch(8)
def fit(model, one, two):
    train_data, val_data = data(*one), data(*two)
    model.fit(train_data, validation_data=val_data, epochs=3)
"""


@pytest.mark.parametrize(
    ("change", "training", "is_wrong"),
    [
        ("changed", "True", True),
        ("lambda x, y: (turn(x), y)", "True", True),
        ("changed", "False", False),
        ("lambda x, y: (x / 255, y)", "True", False),
    ],
)
def test_streams_go_through_random_layers(change: str, training: str, is_wrong: bool) -> None:
    text = STREAM.replace("{change}", change).replace("{training}", training)
    assert bool(found(text)) is is_wrong


PICTURES = """\
import random
from PIL import Image, ImageEnhance
from torch.utils.data import DataLoader, Dataset
class Pictures(Dataset):
    def __init__(self, paths):
        self.paths = paths
    def __len__(self):
        return len(self.paths)
    def __getitem__(self, number):
        picture = Image.open(self.paths[number]).convert("RGB")
        {change}
        return picture, 1
def judge(train_paths, test_paths):
    train_loader = DataLoader(Pictures(train_paths), batch_size=8, shuffle=True)
    test_loader = DataLoader(Pictures(test_paths), batch_size=8)  # error
    return train_loader, test_loader
"""


@pytest.mark.parametrize(
    ("change", "is_wrong"),
    [
        ("picture = picture.rotate(random.choice([0, 90]))", True),
        ("if random.random() < 0.5: picture = picture.transpose(Image.FLIP_LEFT_RIGHT)", True),
        ("picture = ImageEnhance.Color(picture).enhance(random.uniform(0.7, 1.3))", True),
        ("picture = picture.rotate(90)", False),
        ("picture = picture.transpose(Image.ROTATE_90)", False),
        ("picture = ImageEnhance.Contrast(picture).enhance(2)", False),
    ],
)
def test_pictures_of_pil_are_changed_by_chance(change: str, is_wrong: bool) -> None:
    text = PICTURES.replace("{change}", change)
    assert found(text) == (wrong(text) if is_wrong else [])


LOOKED_AT = PICTURES.replace(
    "    return train_loader, test_loader\n", "    draw(next(iter(test_loader)))\n"
)


def test_pictures_that_are_only_looked_at_judge_nothing() -> None:
    text = LOOKED_AT.replace("{change}", "picture = picture.rotate(random.choice([0, 90]))")
    assert not found(text)
    assert found(text + "    for x, y in test_loader:\n        print(model(x) == y)\n")


BOTH = """\
import tensorflow as tf
from tensorflow import keras
keras.utils.set_random_seed(4)
first, second = keras.utils.image_dataset_from_directory(
    "scans", image_size=(64, 64), validation_split=0.2, subset="both", seed=4
)
def augment(image, label):
    return tf.image.random_flip_left_right(image), label
def prepared(data, training=False):
    {test}
    return data.prefetch(2)
model = keras.Sequential([keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
train_data = prepared(first, training=True)
val_data = prepared(second){mark}
model.fit(train_data, validation_data=val_data, epochs=4)
"""


@pytest.mark.parametrize(
    ("test", "is_wrong"),
    [
        ("data = data.map(augment)", True),
        ("data = data.map(augment) if training else data", False),
    ],
)
def test_both_parts_of_a_folder_may_be_read_at_once(test: str, is_wrong: bool) -> None:
    text = BOTH.format(test=test, mark="  # error" if is_wrong else "")
    told = [each for each in findings(text) if each[1].startswith("NN5")]
    assert told == marked(text, "NN505")


FOLDERS = """
import os
from pathlib import Path
from timm.data import create_transform, resolve_data_config
model, root = torch.nn.Linear(3, 3), read_root()
def prepared(train=True):
    settings = resolve_data_config({{}}, model=model)
    if train:
        return create_transform(**settings, is_training=True{more})
    return create_transform(**settings, is_training=False)
def load(where, change, shuffle):
    pictures = ImageFolder(where, transform=change)  # error
    return DataLoader(pictures, 32, shuffle=shuffle)
first, second = load(f"{{root}}/train", prepared(), True), load({where}, {change}, False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in first:
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print(sum((model(x).argmax(1) == y).sum().item() for x, y in second))
"""


@pytest.mark.parametrize(
    "where",
    ["f'{root}/val'", "os.path.join(root, 'test')", "Path(root) / 'valid'", "root + '/validation'"],
)
@pytest.mark.parametrize("change", ["prepared()", "T.RandomRotation(9)"])
def test_the_folder_tells_what_pictures_are_for(where: str, change: str) -> None:
    text = FOLDERS.format(where=where, change=change, more="")
    assert found(text) == wrong(text) != []


@pytest.mark.parametrize(
    ("where", "change", "more"),
    [
        ("f'{root}/val'", "prepared(train=False)", ""),
        ("f'{root}/val'", "prepared()", ", no_aug=True"),
        ("f'{root}/{part}'", "prepared()", ""),
        ("f'{root}/more'", "prepared()", ""),
        ("f'{root}test'", "prepared()", ""),
    ],
)
def test_pictures_of_other_folders_may_be_there_to_learn_from(
    where: str, change: str, more: str
) -> None:
    program = FOLDERS.format(where=where, change=change, more=more)
    looked_at = program[: program.index("model.eval()")]
    told = change == "prepared()" and not more  # by the loop that judges by them alone
    assert bool(found(program)) == (told and "/val" not in where)
    assert not found(looked_at)


MODULE = """
{imported}
from torch.utils.data import DataLoader, random_split
from torchvision import transforms as T
from torchvision.datasets import CIFAR10
class Data({base}):
    def __init__(self):
        super().__init__()
        self.steps = T.Compose([T.RandomCrop(32, 4), T.ToTensor()])
    def setup(self, stage=None):
        whole = CIFAR10("data", train=True, transform=self.steps)
        self.one, self.two = random_split(whole, [45_000, 5_000])  # error
    def train_dataloader(self):
        return DataLoader(self.one, batch_size=64, shuffle=True)
    def val_dataloader(self):
        return DataLoader(self.two, batch_size=64)
"""


@pytest.mark.parametrize(
    ("imported", "base"),
    [
        ("import lightning as L", "L.LightningDataModule"),
        ("import pytorch_lightning as pl", "pl.LightningDataModule"),
    ],
)
def test_a_data_module_is_asked_for_its_data_wherever_its_class_comes_from(
    imported: str, base: str
) -> None:
    text = MODULE.format(imported=imported, base=base)
    assert [each for each in findings(text) if each[1] == "NN505"] == marked(text, "NN505") != []


BATCHES = """
import albumentations as A
import cv2
import keras
import numpy as np
turn = A.Compose([A.HorizontalFlip(p=0.5)])
class Batches(keras.utils.{base}):
    def __init__(self, paths, labels, change=True, **more):
        super().__init__(**more)
        self.paths, self.labels, self.change = paths, labels, change
    def __len__(self):
        return len(self.paths) // 16
    def one(self, path):
        picture = cv2.imread(path)
        if self.change:
            picture = turn(image=picture)["image"]
        return picture / 255.0
    def __getitem__(self, index):
        rows = slice(index * 16, (index + 1) * 16)
        return np.stack([self.one(each) for each in self.paths[rows]]), self.labels[rows]
def run(paths, labels):
    train = Batches(paths[:900], labels[:900])
    test = Batches(paths[900:], labels[900:]{told})  # error
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    {use}
"""


@pytest.mark.parametrize("base", ["Sequence", "PyDataset"])
@pytest.mark.parametrize(
    "use",
    [
        "model.fit(train); print(model.evaluate(test))",
        "model.fit_generator(train); print(model.evaluate_generator(test))",
        "model.fit(train, validation_data=test)",
    ],
)
def test_batches_that_keras_asks_for_are_changed_in_the_code_of_their_class(
    base: str, use: str
) -> None:
    text = BATCHES.format(base=base, told="", use=use)
    assert found(text) == wrong(text) != []


@pytest.mark.parametrize(
    ("told", "use"),
    [
        (", change=False", "model.fit(train); print(model.evaluate(test))"),
        (", False", "model.fit(train, validation_data=test)"),
        (", change=len(paths) > 3", "model.fit(train); print(model.evaluate(test))"),
        # What was learned from is looked at once more.
        (", False", "model.fit(train); print(model.evaluate(train), model.evaluate(test))"),
    ],
)
def test_batches_of_held_out_samples_may_be_given_as_they_are(told: str, use: str) -> None:
    assert not found(BATCHES.format(base="Sequence", told=told, use=use))


SPECTROGRAMS = """\
import torch, torchaudio
import torchaudio.transforms as T
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

class Sounds(Dataset):
    def __init__(self, files, train=True):
        self.files, self.train = files, train
        self.both = nn.Sequential(T.FrequencyMasking(freq_mask_param=15), T.TimeMasking(35))
    def __len__(self):
        return len(self.files)
    def __getitem__(self, index):
        x = torch.load(self.files[index])
        {change}
        return x, 1

train, val = random_split(Sounds(files), [0.8, 0.2])
train_loader = DataLoader(train, batch_size=16, shuffle=True)
val_loader = DataLoader(val, batch_size=16)
"""


@pytest.mark.parametrize(
    "change",
    [
        "x = self.both(x)",
        "x = torchaudio.transforms.TimeMasking(20)(x, x.mean())",
        "for _ in range(2): x = T.FrequencyMasking(8)(specgram=x)",
    ],
)
def test_masks_over_spectrograms_are_random(change: str) -> None:
    assert (17, "NN505") in findings(SPECTROGRAMS.format(change=change))


@pytest.mark.parametrize(
    "change",
    [
        "x = T.TimeMasking(0)(x)",
        "x = T.TimeMasking(20, p=0.0)(x)",
        "x = T.MelSpectrogram(16000)(x)",
        "x = self.both(x) if self.train else x",
        "x = T.AmplitudeToDB()(T.MelSpectrogram(16000)(x))",
    ],
)
def test_other_steps_to_spectrograms_are_not(change: str) -> None:
    text = SPECTROGRAMS.format(change=change).replace("Sounds(files)", "Sounds(files, False)")
    assert all(code != "NN505" for _, code in findings(text))


OWN_TRANSFORMS = """
import random
import numpy as np

class Noise:
    def __init__(self, amount=0.0):
        self.amount = amount
    def __call__(self, picture):
        return picture + self.amount * torch.randn_like(picture)

class Shift(torch.nn.Module):
    def forward(self, picture):
        return torch.roll(picture, torch.randint(-4, 5, (1,)).item(), 2)

class Flip:
    def __init__(self, augment):
        self.augment = augment
    def __call__(self, picture):
        if self.augment and random.random() < 0.5:
            picture = torch.flip(picture, [2])
        return picture

class FlipToTrain(torch.nn.Module):
    def forward(self, picture):
        if self.training and random.random() < 0.5:
            picture = torch.flip(picture, [2])
        return picture

class Crops:
    def __init__(self):
        self.steps = T.Compose([T.RandomCrop(32, padding=4), T.ToTensor()])
    def __call__(self, picture):
        return self.steps(picture)

class Pad:
    def __call__(self, picture):
        width, height = picture.size
        return T.functional.pad(picture, (0, 0, 224 - width, 224 - height))

def jitter(picture):
    return picture + 0.1 * torch.randn_like(picture)

order = torch.randperm(784)
"""


@pytest.mark.parametrize(
    ("transform", "is_wrong"),
    [
        ("Crops()", True),
        ("T.Compose([T.ToTensor(), Noise(0.1)])", True),
        ("T.Compose([T.ToTensor(), Shift()])", True),
        ("T.Compose([T.ToTensor(), T.Lambda(jitter)])", True),
        ("T.Compose([T.ToTensor(), jitter, T.Normalize((0.5,), (0.5,))])", True),
        ("T.Compose([T.ToTensor(), Flip(True)])", True),
        ("T.Compose([T.ToTensor(), Flip(False)])", False),
        ("T.Compose([T.ToTensor(), Noise()])", False),
        ("T.Compose([T.ToTensor(), FlipToTrain().eval()])", False),
        ("T.Compose([Pad(), T.ToTensor()])", False),
        ("T.Compose([T.ToTensor(), T.Lambda(lambda picture: picture.view(-1)[order])])", False),
        ("lambda picture: T.functional.rotate(T.functional.to_tensor(picture), 90)", False),
    ],
)
@pytest.mark.parametrize("part", ["{}", "random_split({}, [0.8, 0.2])[1]"])
def test_well_known_pictures_go_through_code_of_the_project(
    transform: str, is_wrong: bool, part: str
) -> None:
    whole = f"ImageFolder('birds', {transform})"
    text = f"{OWN_TRANSFORMS}\nvalidation = {part.format(whole)}\n"
    assert bool(found(text + "loader = DataLoader(validation, 64)\n")) == is_wrong


def test_samples_that_are_judged_as_they_are_may_be_disturbed_besides() -> None:
    plain = "test = DataLoader(MNIST('digits', train=False, transform=T.ToTensor()), 64)\n"
    disturbed = "T.Compose([T.ToTensor(), Noise(0.3)])"
    text = (
        f"{OWN_TRANSFORMS}\nrough_test = DataLoader(MNIST('digits', train=False, "
        f"transform={disturbed}), 64)\n"
    )
    assert found(text)
    assert not found(plain + text)
    assert found(plain.replace("digits", "letters") + text)


@pytest.mark.parametrize(("number", "count"), [("settings.tta", 0), ("settings.epochs", 1)])
def test_a_loader_that_is_gone_through_for_each_version_averages_over_them(
    number: str, count: int
) -> None:
    text = f"""
changing = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])
test_data = CIFAR10("data", train=False, transform=changing)
test_loader = DataLoader(test_data, batch_size=32)
def predicted(net, loader):
    with torch.no_grad():
        return [net(inputs).softmax(1) for inputs, _ in loader]
answers = []
for _ in range({number}):
    answers.append(predicted(torch.load("net.pt"), test_loader))
"""
    assert len(found(text)) == count


SEVERAL_TIMES = """
import torch
from torch.utils.data import DataLoader
from torchvision import models, transforms as T
from torchvision.datasets import ImageFolder
views = T.Compose([T.RandomResizedCrop(224), T.ToTensor(), T.Normalize([0.5] * 3, [0.5] * 3)])
test = ImageFolder("test", views)
net = models.resnet18(num_classes=5)
net.load_state_dict(torch.load("ours.pt"))
net.eval()
found = []
with torch.no_grad():
    AGAIN
        found.append(torch.cat([net(x).softmax(1) for x, _ in DataLoader(test, 64)]))
print((torch.stack(found).mean(0).argmax(1) == torch.tensor(test.targets)).float().mean())
"""


@pytest.mark.parametrize(
    ("again", "told"), [("for _ in range(5):", 0), ("for _ in range(1):", 1), ("if test:", 1)]
)
def test_the_same_pictures_may_be_looked_at_several_times(again: str, told: int) -> None:
    text = SEVERAL_TIMES.replace("AGAIN", again)
    assert sum(code == "NN505" for _, code in findings(text)) == told


SHOWN = """\
import matplotlib.pyplot as plt
from keras.datasets import cifar10
from keras.preprocessing.image import ImageDataGenerator
(train_images, train_labels), (test_images, test_labels) = cifar10.load_data()
model.fit(train_images, train_labels, epochs=4, validation_data=(test_images, test_labels))
turned = ImageDataGenerator(rotation_range=40)
test_img = train_images[20].reshape((1, 32, 32, 3))
shown = 0
for batch in turned.flow({pictures}):
    {use}
    shown += 1
    if shown > 4:
        break
"""


@pytest.mark.parametrize(
    ("pictures", "use", "count"),
    [
        ("test_img, save_prefix='test'", "plt.imshow(batch[0])", 0),
        ("test_images, batch_size=9", "plt.imshow(batch[0])", 0),
        ("test_images, batch_size=9", "print(model.predict(batch))", 1),
    ],
)
def test_pictures_that_are_drawn_several_times_judge_nothing(
    pictures: str, use: str, count: int
) -> None:
    assert len(found(SHOWN.replace("{pictures}", pictures).replace("{use}", use))) == count


EXCHANGED = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms
class Pieces(Dataset):
    def __init__(self, items, transform=None):
        self.items, self.transform = items, transform
    def __len__(self):
        return len(self.items)
    def __getitem__(self, index):
        piece, label = self.items[index]
        return (self.transform(piece) if self.transform else piece), label
pieces = Pieces(torch.load("items.pt"), transforms.RandomCrop(32))
net = nn.Sequential(nn.Flatten(), nn.Linear(1024, 10))
optimizer = torch.optim.Adam(net.parameters())
test_loader = DataLoader(Subset(pieces, range(100)), batch_size=8)
def learn():
    for epoch in range(10):
        for x, y in DataLoader(Subset(pieces, range(100, 900)), batch_size=8, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
learn()
kept = pieces.transform
{before}
total = 0
for x, y in test_loader:
    total += nn.functional.cross_entropy(net(x), y).item()
print(total / len(test_loader))
pieces.transform = kept
"""


@pytest.mark.parametrize(
    ("before", "count"),
    [
        ("pieces.transform = None", 0),
        ("pieces.transform = transforms.CenterCrop(32)", 0),
        ("pieces.transform = transforms.RandomCrop(48)", 1),
        ("print(kept)", 1),
    ],
)
def test_a_transform_may_be_exchanged_while_a_model_is_judged(before: str, count: int) -> None:
    assert len(found(EXCHANGED.replace("{before}", before))) == count


def test_folds_that_are_only_made_in_a_loop_are_no_versions_of_the_same() -> None:
    text = """
from torch.utils.data import DataLoader
from torchvision import transforms as T
from torchvision.datasets import ImageFolder
changing = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])

def validation_of(folder):
    return DataLoader(ImageFolder(f"{folder}/val", changing), batch_size=32)

folds = []
for number in range(5):
    folds.append(validation_of("data"))
"""
    assert sum(code == "NN505" for _, code in findings(text)) == 1


PAIRED = """
look = T.Compose([T.RandomResizedCrop(64), T.ToTensor()])

class Twice(Dataset):
    def __init__(self, pictures, look):
        self.pictures, self.look = pictures, look
    def __len__(self):
        return len(self.pictures)
    def __getitem__(self, index):
        picture, label = self.pictures[index]
        return {given}

class Both:
    def __init__(self, look):
        self.look = look
    def __call__(self, picture):
        return {given}
"""


@pytest.mark.parametrize(
    ("given", "several"),
    [
        ("self.look(picture), self.look(picture)", True),
        ("[self.look(picture) for _ in range(2)]", True),
        ("[self.look(part) for part in (picture, picture.rotate(90))]", False),
        ("self.look(picture), 0", False),
    ],
)
@pytest.mark.parametrize(
    "made",
    [
        "data = CIFAR10('data', train=False, transform=Both(look))",
        "train, data = random_split(Twice(CIFAR10('data'), look), [45000, 5000])",
    ],
)
def test_views_of_a_sample_are_judged_by_views(given: str, several: bool, made: str) -> None:
    text = f"{PAIRED.format(given=given)}\n{made}\ntest_loader = DataLoader(data, batch_size=64)\n"
    assert bool(found(text)) is not several


VERSIONS = """
from PIL import Image

class Plates(Dataset):
    def __init__(self, files, apart):
        self.files, self.apart = files, apart
        self.plain = T.Compose([T.Resize(64), T.ToTensor()])
        self.shaken = T.Compose([T.Resize(64), T.ColorJitter(0.4), T.ToTensor()])
    def __len__(self):
        return len(self.files)
    def __getitem__(self, index):
        picture = Image.open(self.files[index])
        {given}

test_loader = DataLoader(Plates(["1.png", "2.png"], apart=True), batch_size=64)
"""


@pytest.mark.parametrize(
    "given",
    [
        'return {"views": [self.plain(picture), self.shaken(picture)], "number": index}',
        "return torch.stack([self.plain(picture), self.shaken(picture)]), index",
        """views = []
        for transform in (self.plain, self.shaken):
            views.append(transform(picture))
        return views, index""",
        """def view(transform):
            return transform(picture)
        return [view(self.plain), view(self.shaken)], index""",
        """if self.apart:
            return [self.plain(picture), self.shaken(picture)], index
        return self.shaken(picture), index""",
    ],
)
def test_versions_of_a_picture_are_there_to_be_averaged(given: str) -> None:
    assert not found(VERSIONS.format(given=given))


@pytest.mark.parametrize(
    "given",
    [
        'return {"views": [self.shaken(picture)], "number": index}',
        """picture = T.RandomRotation(10)(picture)
        return self.shaken(picture), index""",
        """for transform in (T.RandomRotation(10), self.shaken):
            picture = transform(picture)
        return picture, index""",
        """if index % 2:
            picture = self.plain(picture)
        else:
            picture = T.RandomRotation(10)(picture)
        return self.shaken(picture), index""",
        """chosen = T.RandomRotation(10) if index % 2 else self.shaken
        return chosen(picture), index""",
    ],
)
def test_one_transform_behind_the_other_makes_one_version(given: str) -> None:
    assert found(VERSIONS.format(given=given))


def test_a_picture_that_cannot_be_read_is_no_second_view() -> None:
    given = "self.look(picture), label"
    tried = """
        try:
            return self.look(picture), label
        except OSError:
            return self.look(picture), 0
    """
    text = PAIRED.format(given=given).replace(
        f"        return {given}\n\nclass Both", f"{tried}\nclass Both"
    )
    made = "train, data = random_split(Twice(CIFAR10('data'), look), [45000, 5000])"
    assert "try:" in text
    assert found(f"{text}\n{made}\ntest_loader = DataLoader(data, batch_size=64)\n")


def test_going_through_the_samples_of_each_batch_asks_nothing_again() -> None:
    text = """
net, right = torch.nn.Linear(4, 2), torch.zeros(2)
test_data = ImageFolder("flowers/test", T.Compose([T.RandomCrop(32), T.ToTensor()]))  # error
for pictures, labels in DataLoader(test_data, batch_size=20):
    hits = net(pictures.flatten(1)).argmax(1) == labels
    for place in range(20):
        right[labels[place]] += hits[place].item()
print(right)
"""
    assert found(text) == wrong(text) != []


BOTH_PARTS = """
import torch, torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader
from torchvision import transforms
class Birds(Dataset):
    def __init__(self, part):
        self.part = part
        self.files = torch.load(f"{part}.pt")
        self.turn = transforms.RandomRotation(30)
    def __len__(self):
        return len(self.files)
    def __getitem__(self, number):
        picture, label = self.files[number]
        if self.part == "train":
            picture = self.turn(picture)
        return picture, label
def score(net, group):
    val_loader = group["loader"]
    hits = 0
    with torch.no_grad():
        for x, y in val_loader:
            hits += (net(x).argmax(1) == y).sum().item()
    return hits
net = torch.nn.Linear(8, 2)
optimizer = torch.optim.Adam(net.parameters())
groups = [{"loader": DataLoader(Birds(part), 32)} for part in PARTS]
for x, y in DataLoader(Birds("train"), 32, shuffle=True):
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
net.eval()
for group in groups:
    print(score(net, group))
"""


@pytest.mark.parametrize(("parts", "is_told"), [('["train", "val"]', False), ('["train"]', True)])
def test_rows_to_train_on_may_be_scored_beside_others(parts: str, is_told: bool) -> None:
    text = BOTH_PARTS.replace("PARTS", parts)
    assert ("NN505" in [code for _, code in findings(text)]) == is_told


VIEWS = """
def {name}(size):
    return T.Compose([
        T.Resize(size),
        T.RandomHorizontalFlip(),
        T.ToTensor(),
    ])
def judge(net, times):
    test_data = CIFAR10("data", train=False, transform={name}(32))
    with torch.no_grad():
        return [net(inputs).argmax(1) for inputs, _ in DataLoader(test_data, batch_size=32)]
judge(torch.load("net.pt"), 5)
"""


def test_what_makes_transforms_for_the_time_of_the_test_may_say_so() -> None:
    assert found(VIEWS.format(name="test_views"))
    assert not found(VIEWS.format(name="tta_views"))


SMALLER = """
import torch
from PIL import Image
from torch.utils.data import Dataset, DataLoader
from torchvision import transforms
class Grain:
    def __call__(self, picture):
        return picture + 0.01 * torch.randn_like(picture)
class Pairs(Dataset):
    def __init__(self, paths):
        self.paths = paths
        self.large = transforms.Compose([LARGE, transforms.ToTensor()])
        self.small = transforms.Compose([transforms.Resize(64), Grain()])
    def __len__(self):
        return len(self.paths)
    def __getitem__(self, number):
        large = self.large(Image.open(self.paths[number]))
        small = self.small(large)
        return GIVEN
test_loader = DataLoader(Pairs(torch.load("test.pt")), 8)
model = torch.load("net.pt")
model.eval()
with torch.no_grad():
    for x, y in test_loader:
        print(torch.nn.functional.mse_loss(model(x), y))
"""


@pytest.mark.parametrize(
    ("large", "given", "is_told"),
    [
        ("transforms.Resize(256)", "small, large", False),
        ("transforms.Resize(256)", "{'x': small, 'y': large}", False),
        ("transforms.RandomCrop(256)", "small, large", True),
        ("transforms.Resize(256)", "small, number", True),
    ],
)
def test_what_is_made_of_a_picture_that_is_given_as_well_is_the_task(
    large: str, given: str, is_told: bool
) -> None:
    text = SMALLER.replace("LARGE", large).replace("GIVEN", given)
    assert ("NN505" in [code for _, code in findings(text)]) == is_told


@pytest.mark.parametrize(
    ("condition", "is_wrong"),
    [
        ('bool(options["jitter"]) and part == "train"', False),
        ('part == "train" and bool(options["jitter"])', False),
        ('bool(options["jitter"]) and part != "test"', True),
    ],
)
def test_a_setting_and_what_does_not_hold_do_not_hold_together(
    condition: str, is_wrong: bool
) -> None:
    text = f"""
import json
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import models, transforms

options = json.load(open("options.json"))


class Pictures(Dataset):
    def __init__(self, files, part):
        self.files = files
        self.jitters = {condition}
        if self.jitters:
            self.change = transforms.Compose([transforms.ColorJitter(0.2), transforms.ToTensor()])
        else:
            self.change = transforms.ToTensor()

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        file, label = self.files[index]
        return self.change(Image.open(file)), label


train_loader = DataLoader(Pictures(options["train"], "train"), batch_size=8, shuffle=True)
val_loader = DataLoader(Pictures(options["val"], "val"), batch_size=8)
model = models.resnet18(num_classes=3)
optimizer = torch.optim.Adam(model.parameters())
for pictures, labels in train_loader:
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(pictures), labels).backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    for pictures, labels in val_loader:
        print((model(pictures).argmax(1) == labels).sum())
"""
    assert ("NN505" in dict(findings(text)).values()) is is_wrong


TRIED = """
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset):
    def __init__(self, paths, split="train"):
        self.paths, self.split = paths, split

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        picture = np.load(self.paths[index])
        if random.random() > 0.5:
            picture = np.fliplr(picture)
        return torch.from_numpy(picture.copy())


if __name__ == "__main__":
    test_data = Pictures(["a.npy", "b.npy"], split="{split}")
    test_loader = DataLoader(test_data, batch_size=4)
    for batch in test_loader:
        {use}
"""


@pytest.mark.parametrize(
    ("split", "use", "is_told"),
    [
        ("train", "print(batch.shape)", False),
        ("val", "print(batch.shape)", True),
        ("train", "print(nn.Linear(3, 4).eval()(batch).argmax(1))", True),
    ],
)
def test_the_training_part_may_be_tried_under_another_name(
    split: str, use: str, is_told: bool
) -> None:
    program = TRIED.format(split=split, use=use)
    assert ("NN505" in dict(findings(program)).values()) is is_told
