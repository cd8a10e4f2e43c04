"""view-instead-of-permute (NN301): which views keep the axes in order, and which cannot be judged."""

import pytest

from tests.abstract_programs import findings, marked


def check(text: str) -> None:
    assert [found for found in findings(text) if found[1] == "NN301"] == marked(text, "NN301")


WINDOWS = """
import torch
from settings import window, grid

def windows(images, size):
    batch, channels, height, width = images.shape
    images = images.view(
        batch, channels, height // size[0], size[0], width // size[1], size[1]
    )
    images = images.permute(0, 2, 4, 1, 3, 5).contiguous()
    return images.view(-1, channels, size[0], size[1])
"""


def test_windows_that_are_gathered_after_a_permute_keep_their_order() -> None:
    assert findings(f"{WINDOWS}\nwindows(torch.zeros(8, 3, 32, 32), tuple(window))") == []


def test_sizes_that_go_by_several_names_may_be_the_same() -> None:
    code = WINDOWS.replace(
        "return images.view(-1, channels, size[0], size[1])",
        "return images.view(-1, channels, grid(), grid())",
    )
    assert findings(f"{code}\nwindows(torch.zeros(8, 3, 32, 32), tuple(window))") == []


def test_windows_that_are_gathered_without_a_permute_are_mixed() -> None:
    code = WINDOWS.replace("images = images.permute(0, 2, 4, 1, 3, 5).contiguous()", "")
    assert [code for _, code in findings(code)] == ["NN301"]


HEAD = """
import torch
from torch import nn

class Head(nn.Module):
    anchors = 9
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, self.anchors * 4, 3, padding=1)
    def forward(self, x):
        boxes = self.layer(x).permute(0, 2, 3, 1).contiguous()
        return boxes.view(x.size(0), -1, 4)
"""


def test_a_computed_size_may_equal_another_by_chance() -> None:
    assert findings(f"{HEAD}\nHead()(torch.zeros(2, 3, 2, 2))") == []


def test_what_is_seen_as_something_else_is_mixed_too() -> None:
    text = """
    def f(x):
        b, t, c = x.shape
        y = x.permute(0, 2, 1)
        return x.view_as(y)  # error
    """
    assert findings(text) == marked(text, "NN301")


def test_width_and_height_that_are_taken_for_each_other_stay_where_they_are() -> None:
    assert not findings(
        """
    def norms(weights):
        filters, channels, kw, kh = weights.size()
        return weights.view(filters * channels, kh, kw)
    """
    )
    text = """
    def turned(images):
        n, c, h, w = images.shape
        return images.view(n, c, w, h)  # error
    """
    assert findings(text) == marked(text, "NN301")


def test_pictures_of_known_sizes_are_not_turned_by_a_reshape() -> None:
    code = """
import numpy as np
import torch
pictures = np.random.default_rng(0).integers(0, 256, size=(160, 32, 32, 3), dtype=np.uint8)
x = torch.from_numpy(pictures).float() / 255
right = x.permute(0, 3, 1, 2)
same = x.reshape(-1, 32, 32, 3)
flat = x.reshape(160, -1)
wrong = x.reshape(-1, 3, 32, 32)  # error
"""
    assert findings(code) == marked(code, "NN304")


@pytest.mark.parametrize(("height", "is_turned"), [("96", False), ("width", False), ("64", True)])
def test_sides_of_one_length_are_not_turned_however_many_pictures_there_are(
    height: str, is_turned: bool
) -> None:
    code = f"""
import glob
import cv2
import numpy as np
width = 96
height = {height}
pictures = [cv2.resize(cv2.imread(name), (width, height)) for name in glob.glob("*.png")]
pictures = np.array(pictures, dtype=np.uint8)
pictures = pictures.reshape(pictures.shape[0], width, height, 3)
"""
    assert ("NN301" in [code for _, code in findings(code)]) is is_turned


def test_the_axes_that_a_layer_makes_are_known_in_numbers_too() -> None:
    code = """
import torch
from torch import nn
maps = nn.Conv2d(3, 32, 4, 4)(torch.randn(2, 3, 16, 16))
batch, channels, height, width = maps.shape
right = maps.flatten(2).transpose(1, 2)
wrong = maps.view(batch, height * width, channels)  # error
"""
    assert findings(code) == marked(code, "NN301")


def test_a_picture_from_a_file_is_not_turned_by_a_reshape() -> None:
    code = """
import numpy as np
from PIL import Image
picture = np.array(Image.open("a.jpg").convert("RGB").resize((320, 224)))
right = picture.transpose(2, 0, 1)[None]
wrong = picture.reshape(1, 3, 224, 320)  # error
row = picture.reshape(1, -1)
"""
    assert findings(code) == marked(code, "NN304")


def test_the_last_state_of_a_recurrent_layer_has_its_layers_first() -> None:
    check(
        """
        from torch import nn

        class Encoder(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.width = width
                self.gru = nn.GRU(8, width, 2, batch_first=True)
            def mixed(self, x):
                _, state = self.gru(x)
                return state.view(x.size(0), -1)  # error
            def rows(self, x):
                _, state = self.gru(x)
                return state.view(-1, 2 * self.width)  # of several samples each: told as NN302
            def mixed_by_layers(self, x):
                _, state = self.gru(x)
                return state.reshape(len(x), 2, self.width)  # error
            def last(self, x):
                _, state = self.gru(x)
                return state[-1], state.transpose(0, 1).reshape(x.size(0), -1)
            def by_directions(self, x):
                _, state = self.gru(x)
                return state.view(2, 1, x.size(0), self.width)[-1]
        """
    )


def test_the_axis_of_classes_goes_last_before_pixels_become_rows() -> None:
    check(
        """
        def rows(scores):
            n, classes, height, width = scores.shape
            return scores.view(-1, classes)  # error

        def right(scores):
            n, classes, height, width = scores.shape
            return scores.permute(0, 2, 3, 1).reshape(-1, classes)

        def pooled(scores):
            n, classes, _, _ = scores.shape
            return scores.view(-1, classes)  # its height and width may be one
        """
    )


def test_heads_are_merged_behind_time_whatever_their_scores_are_divided_by() -> None:
    check(
        """
        from torch import nn

        class Attention(nn.Module):
            def __init__(self, width, heads):
                super().__init__()
                self.heads, self.size = heads, width // heads
                self.both = nn.Linear(width, 2 * width)
            def forward(self, x):
                n, steps, width = x.size()
                q, v = (
                    part.view(n, steps, self.heads, self.size).transpose(1, 2)
                    for part in self.both(x).chunk(2, dim=-1)
                )
                weights = (q @ q.transpose(-2, -1) / self.size**0.5).softmax(dim=-1)
                right = (weights @ v).transpose(1, 2).reshape(n, steps, width)
                return (weights @ v).contiguous().view(n, steps, width), right  # error
        """
    )


def test_what_is_pooled_over_the_whole_picture_has_one_place_left() -> None:
    check(
        """
        import torch
        import torch.nn.functional as F

        def gated(pictures):
            samples, channels, height, width = pictures.size()
            gates = F.avg_pool2d(pictures, kernel_size=[height, width])
            return pictures * gates.view(-1, channels, 1, 1).sigmoid()
        """
    )


HEADS = """
import torch
from torch import nn

class Attention(nn.Module):
    def __init__(self, {parameters}):
        super().__init__()
        self.heads, self.width, self.size = {heads}, {width}, {width} // {heads}
        self.query = nn.Linear({width}, {width})
        self.keys_and_values = nn.Linear({width}, 2 * {width})
    def forward(self, x):
        batch, words, features = x.shape
        keys, values = self.keys_and_values(x).split(self.width, dim=2)
        right = keys.view(batch, words, self.heads, self.size).transpose(1, 2)
        folded = self.keys_and_values(x).view(batch, words, 2, self.heads, self.size)
        grouped = self.keys_and_values(x).view(batch, words * 2, self.width)
        mixed = values.view(batch, self.heads, words, self.size)  # error
        return right, folded, grouped, self.query(x).reshape(batch, self.heads, words, self.size)  # error
"""


def test_heads_are_told_apart_whatever_width_a_module_is_built_with() -> None:
    check(HEADS.format(parameters="dim=192, count=3", heads="count", width="dim"))
    settings = {"heads": "config.heads", "width": "config.width"}
    check(HEADS.format(parameters="config", **settings))


def test_time_in_front_leaves_heads_beside_the_samples() -> None:
    code = """
from torch import nn

class Attention(nn.Module):
    def __init__(self, width=512, heads=8):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.query = nn.Linear(width, width)
    def forward(self, x):
        steps, batch, width = x.shape
        return self.query(x).view(steps, batch * self.heads, self.size).transpose(0, 1)
"""
    check(code)


def test_a_layer_makes_all_that_it_is_read_as() -> None:
    code = """
from torch import nn

class Decoder(nn.Module):
    def __init__(self, latent=64, side=4, channels=128):
        super().__init__()
        self.layer = nn.Linear(latent, channels * side * side)
        self.side, self.channels = side, channels
    def forward(self, z):
        samples, width = z.shape
        return self.layer(z).view(samples, self.channels, self.side, self.side)
"""
    check(code)


def test_rows_of_unknown_number_may_be_as_many_as_are_asked_for() -> None:
    check(
        """
        import torch
        from torch import nn

        def scores_of_beams(decoder: nn.Module, tokens, beams=5):
            rows, steps = tokens.size(0), tokens.size(1)
            states = nn.Linear(512, 1000)(decoder(tokens).view(rows, steps, 512))
            best, words = states[:, -1, :].topk(beams)
            return torch.log(best).view(beams, -1)

        def scores_of_samples(tokens, beams=5):
            batch_size, steps = tokens.shape
            best, words = nn.Linear(512, 1000)(torch.zeros(batch_size, 512)).topk(beams)
            return torch.log(best).view(beams, batch_size)  # error

        scores_of_beams(nn.Module(), torch.load("tokens.pt"))
        scores_of_samples(torch.load("tokens.pt"))
        """
    )


FOLDED = """
import torch
from torch import nn

class Frames(nn.Module):
    def __init__(self):
        super().__init__()
        self.pictures = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.head = nn.Linear(16, 4)

    def forward(self, clips):
        b, t, c, h, w = clips.shape
        folded = {folded}
        scores = self.head(self.pictures(folded).flatten(1))
        return {taken}
"""


@pytest.mark.parametrize(
    "folded",
    [
        "clips.view(b * t, c, h, w)",
        "clips.reshape(-1, c, h, w)",
        "clips.flatten(0, 1).contiguous()",
    ],
)
@pytest.mark.parametrize(
    "taken",
    [
        "scores.view(t, b, 4)  # error",
        "scores.reshape(t, b, -1).mean(0)  # error",
        "torch.relu(scores).view(-1, b, 4)  # error",
        "scores.view(b, t, 4)",
        "scores.view(b, -1, 4).transpose(0, 1)",
        "scores.view(-1, t, 4)",
        "scores.repeat(2, 1).view(2, -1, 4)",
        "scores.view(b, t, 4)[:, -1].repeat(t, 1).view(t, b, 4)",
        "scores.view(b, t, 4).transpose(0, 1).reshape(t * b, 4).view(t, b, 4)",
    ],
)
def test_axes_come_apart_in_the_order_in_which_they_were_put_together(
    folded: str, taken: str
) -> None:
    check(FOLDED.format(folded=folded, taken=taken))


def test_the_order_in_which_axes_are_put_together_is_that_of_the_last_time() -> None:
    turned = "clips.transpose(0, 1).reshape(t * b, c, h, w)"
    check(FOLDED.format(folded=turned, taken="scores.view(t, b, 4)"))
    check(FOLDED.format(folded=turned, taken="scores.view(b, t, 4)  # error"))


def test_a_mask_may_be_filled_column_by_column() -> None:
    check(
        """
import numpy as np

def mask_of(runs, height, width):
    mask = np.zeros((height, width), np.uint8).reshape(-1)
    for first, length in runs:
        mask[first : first + length] = 1
    return mask.reshape(width, height).T
        """
    )


def test_places_that_a_strided_convolution_makes_are_no_channels() -> None:
    code = """
import torch
from torch import nn

class Patches(nn.Module):
    def __init__(self, size=4, width=64):
        super().__init__()
        self.cut = nn.Conv2d(3, width, size, stride=size)
    def forward(self, pictures):
        cut = self.cut(pictures)
        samples, width, height, across = cut.shape
        return cut.view(samples, height * across, width) # error
"""
    check(code)
    check(
        code.replace("view(samples, height * across, width) # error", "flatten(2).transpose(1, 2)")
    )
    check(code.replace("(samples, height * across, width) # error", "(samples, width, -1)"))
    check(code.replace("(samples, height * across, width) # error", "(samples, -1)"))


MASKED_WINDOWS = """
import torch
from torch import nn

class WindowAttention(nn.Module):
    def __init__(self, width, heads, size):
        super().__init__()
        self.heads, self.size = heads, size
        self.qkv = nn.Linear(width, width * 3)

    def forward(self, windows, mask):
        rows, places, width = windows.shape
        qkv = self.qkv(windows).reshape(rows, places, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1)
        count = mask.shape[0]
        scores = scores.view(rows // count, count, self.heads, places, places)
        scores = scores + mask.unsqueeze(1).unsqueeze(0)
        scores = scores.view(ORDER)
        return (scores.softmax(-1) @ v).transpose(1, 2).reshape(rows, places, width)

def regions(side, size):
    picture = torch.zeros((1, side, side, 1))
    parts = picture.view(1, side // size, size, side // size, size, 1)
    parts = parts.permute(0, 1, 3, 2, 4, 5).reshape(-1, size * size)
    return parts.unsqueeze(1) - parts.unsqueeze(2)

def attend(windows, side, size, heads):
    return WindowAttention(96, heads, size)(windows, regions(int(side), size))
"""


def test_the_axes_in_front_of_masked_scores_are_merged_as_they_were_split() -> None:
    right = MASKED_WINDOWS.replace("ORDER", "-1, self.heads, places, places")
    assert "NN301" not in [code for _, code in findings(right)]


def test_axes_that_a_condition_says_are_of_length_one_may_be_anywhere() -> None:
    check(
        """
        import torch
        from torch import nn

        class Fold(nn.Module):
            def forward(self, x):
                n, c, h, w = x.size()
                if w == 1:
                    x = x.reshape(n, c, h // 2, w, 2, 1).permute(0, 1, 3, 4, 2, 5)
                    return x.reshape(n, c * 2, h // 2, w)
                x = x.reshape(n, c, h // 2, 2, w // 2, 2)
                return x.permute(0, 1, 3, 5, 2, 4).reshape(n, c * 4, h // 2, w // 2)

        class Turn(nn.Module):
            def forward(self, x):
                n, c, h, w = x.size()
                if w != 1:
                    return x.reshape(n, c, w, h)  # error
                return x.reshape(n, c, w, h)

        class TurnGrey(nn.Module):
            def forward(self, x):
                n, c, h, w = x.size()
                if c == 1:
                    return x.reshape(n, c, w, h)  # error
                return x
        """
    )


def test_the_axes_of_a_parameter_stand_for_what_they_are_asked_for() -> None:
    check(
        """
        import torch
        from torch import nn

        class Shifted(nn.Module):
            def __init__(self, heads: int, size: int):
                super().__init__()
                self.heads, self.size = heads, size
                self.shift = nn.Parameter(torch.empty(size, heads))
                nn.init.xavier_uniform_(self.shift)

            def forward(self, queries):
                return queries + self.shift.view(1, 1, self.heads, self.size)

        def turned(table: torch.Tensor):
            size, heads = table.shape
            return table.view(1, 1, heads, size)  # error
        """
    )
