"""Pictures that are moved at random, and the masks, boxes and points that must move with them."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import random
import albumentations as A
import cv2
import numpy as np
import torch
import torchvision.transforms.functional as TF
import tensorflow as tf
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms as T
from tensorflow.keras.preprocessing.image import ImageDataGenerator
"""
CLASS = """\
class Pictures(Dataset):
    def __init__(self, names, boxes, transform=None, mask_transform=None):
        self.names, self.boxes = names, boxes
        self.transform = transform
        self.mask_transform = mask_transform

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        image = Image.open('images/' + self.names[index]).convert('RGB')
        mask = Image.open('masks/' + self.names[index])
        boxes = np.array(self.boxes[index])
"""
MOVING = "T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])"
STILL = "T.Compose([T.Resize((64, 64)), T.ToTensor()])"


def found(text: str) -> list[tuple[int, str]]:
    return [each for each in findings(IMPORTS + text) if each[1] == "NN510"]


def wrong(text: str) -> list[tuple[int, str]]:
    return marked(IMPORTS + text, "NN510")


def sample(body: str, given: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    use = f"loader = DataLoader(Pictures(names, boxes, {given}), shuffle=True)\n"
    return f"{CLASS}{lines}\n{use}for image, label in loader:\n    print(image)\n"


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (
            (
                "image = self.transform(image)\nmask = self.transform(mask)  # error\n"
                "return image, mask"
            ),
            f"transform={MOVING}",
        ),
        (
            (
                "if self.transform:\n    image = self.transform(image)\n"
                "    mask = self.transform(mask)  # error\nreturn {'image': image, 'mask': mask}"
            ),
            f"transform={MOVING}",
        ),
        (
            (
                "image = self.transform(image)  # error\nmask = self.mask_transform(mask)\n"
                "return image, mask"
            ),
            f"transform={MOVING}, mask_transform={STILL}",
        ),
        (
            (
                "image = self.transform(image)  # error\n"
                "boxes = torch.as_tensor(boxes, dtype=torch.float32)\n"
                "target = {}\ntarget['boxes'] = boxes\nreturn image, target"
            ),
            f"transform={MOVING}",
        ),
        (
            (
                "if random.random() > 0.5:\n    image = TF.hflip(image)  # error\n"
                "return TF.to_tensor(image), torch.from_numpy(np.array(mask)).long()"
            ),
            "",
        ),
        (
            (
                "if np.random.rand() < 0.5:\n    image = cv2.flip(image, 1)  # error\n"
                "return image, {'boxes': boxes, 'size': image.size}"
            ),
            "",
        ),
        (
            "image = self.transform(image=image)['image']  # error\nreturn image, mask",
            "transform=A.Compose([A.HorizontalFlip(), A.Normalize()])",
        ),
    ],
)
def test_labels_that_stay_behind_are_found(body: str, given: str) -> None:
    text = sample(body, given)
    assert found(text) == wrong(text) != []


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ("image = self.transform(image)\nreturn image, self.names[index]", f"transform={MOVING}"),
        ("image = self.transform(image)\nreturn image, mask", f"transform={STILL}"),
        (
            "image = self.transform(image)\nreturn image, mask",
            "transform=T.Compose([T.ColorJitter(0.2), T.ToTensor()])",
        ),
        (
            (
                "seed = random.randint(0, 9)\ntorch.manual_seed(seed)\nimage = self.transform(image)\n"
                "torch.manual_seed(seed)\nmask = self.transform(mask)\nreturn image, mask"
            ),
            f"transform={MOVING}",
        ),
        (
            (
                "if random.random() > 0.5:\n    image = TF.hflip(image)\n    mask = TF.hflip(mask)\n"
                "return image, mask"
            ),
            "",
        ),
        (
            (
                "if random.random() > 0.5:\n    image = TF.hflip(image)\n"
                "    boxes[:, [0, 2]] = image.width - boxes[:, [2, 0]]\nreturn image, {'boxes': boxes}"
            ),
            "",
        ),
        (
            (
                "both = self.transform(image=np.array(image), mask=np.array(mask))\n"
                "return both['image'], both['mask']"
            ),
            "transform=A.Compose([A.HorizontalFlip(), A.Normalize()])",
        ),
        ("image, mask = self.transform(image, mask)\nreturn image, mask", f"transform={MOVING}"),
        (
            (
                "if random.random() > 0.5:\n    image = TF.hflip(image)\n    boxes = turned(boxes)\n"
                "return image, boxes"
            ),
            "",
        ),
        (
            (
                "if random.random() > 0.5:\n    image = TF.hflip(image)\n"
                "    mask = mask.transpose(Image.FLIP_LEFT_RIGHT)\nreturn image, mask"
            ),
            "",
        ),
    ],
)
def test_labels_that_move_along_or_need_not_are_fine(body: str, given: str) -> None:
    assert not found(sample(body, given))


@pytest.mark.parametrize(
    ("data", "wrong_one"),
    [
        (f"datasets.VOCSegmentation('d', transform={MOVING}, target_transform={STILL})", True),
        (f"datasets.CocoDetection('d', 'a.json', transform={MOVING})", True),
        (f"datasets.VOCDetection('d', transform={MOVING}, target_transform=names_of)", False),
        (f"datasets.OxfordIIITPet('d', target_types='segmentation', transform={MOVING})", True),
        (f"datasets.OxfordIIITPet('d', target_types='category', transform={MOVING})", False),
        (f"datasets.VOCSegmentation('d', transforms={MOVING})", False),
        (f"datasets.VOCSegmentation('d', transform={STILL})", False),
        (f"datasets.ImageFolder('d', transform={MOVING})", False),
    ],
)
def test_transforms_for_the_picture_alone_leave_its_mask(data: str, wrong_one: bool) -> None:
    text = f"data = {data}{'  # error' if wrong_one else ''}\nloader = DataLoader(data)\n"
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    ("first", "second", "wrong_one"),
    [
        ("seed=1", "seed=2", True),
        ("batch_size=4", "batch_size=4", True),
        ("seed=7", "seed=7", False),
        ("seed=seed", "seed=seed", False),
    ],
)
def test_flows_of_pictures_and_masks_draw_alike(first: str, second: str, wrong_one: bool) -> None:
    text = (
        "images, masks = np.load('x.npy'), np.load('y.npy')\nseed = 3\n"
        "generator = ImageDataGenerator(rotation_range=20)\n"
        f"image_flow = generator.flow(images, {first})\n"
        f"mask_flow = generator.flow(masks, {second}){'  # error' if wrong_one else ''}\n"
    )
    assert found(text) == wrong(text)


def test_a_picture_that_is_moved_by_a_helper_is_followed() -> None:
    text = """
def augment(image):
    if random.random() < 0.5:
        image = np.fliplr(image)
    return image

class Cells(Dataset):
    def __getitem__(self, index):
        image, mask = cv2.imread(self.images[index]), cv2.imread(self.masks[index], 0)
        image = augment(image)  # error
        return torch.from_numpy(image), torch.from_numpy(mask)
"""
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    ("points", "wrong_one"),
    [
        ("torch.from_numpy(points).flatten() / 64", True),
        ("torch.as_tensor(points)", True),
        ("torch.as_tensor(64 - points)", False),
    ],
)
def test_points_that_are_only_scaled_stay_behind(points: str, wrong_one: bool) -> None:
    text = f"""
import albumentations as A
class Joints(Dataset):
    def __init__(self, images, keypoints):
        self.images, self.keypoints = images, keypoints
        self.turn = A.Compose([A.Rotate(20)])

    def __getitem__(self, index):
        image, points = self.images[index], self.keypoints[index]
        moved = self.turn(image=image){"  # error" if wrong_one else ""}
        return torch.from_numpy(moved["image"]), {points}
"""
    assert found(text) == wrong(text)


TURNED = """\
import random
import numpy as np
import torch
from torch.utils.data import Dataset
def turn({given}):
    {draw}
    if random.random() < 0.5:
        picture = np.fliplr(picture)
    return {back}
class Slices(Dataset):
    def __init__(self, files):
        self.files = files
    def __len__(self):
        return len(self.files)
    def __getitem__(self, index):
        image, mask = np.load(self.files[index][0]), np.load(self.files[index][1])
        {turned}
        return torch.tensor(image), torch.tensor(mask)
"""


@pytest.mark.parametrize(
    ("given", "draw", "back", "turned", "told"),
    [
        ("picture", "pass", "picture", "image, mask = turn(image), turn(mask)", 1),
        (
            "picture, seed",
            "random.seed(seed)",
            "picture",
            "image, mask = turn(image, index), turn(mask, index)",
            0,
        ),
        (
            "picture, areas",
            "areas = np.fliplr(areas)",
            "picture, areas",
            "image, mask = turn(self.files[0], self.files[1])",
            0,
        ),
    ],
)
def test_a_function_that_draws_anew_for_the_mask_moves_it_elsewhere(
    given: str, draw: str, back: str, turned: str, told: int
) -> None:
    text = TURNED.format(given=given, draw=draw, back=back, turned=turned)
    assert sum(code == "NN510" for _, code in findings(text)) == told


WINDOWS = """\
class Scenes(Dataset):
    def __init__(self, tiles, cover, size=64):
        self.tiles, self.cover, self.size = tiles, cover, size

    def window(self, array):
        top = {draw}
        return array[top : top + self.size]

    def __len__(self):
        return len(self.tiles)

    def __getitem__(self, index):
        {body}
"""
DRAWS = [
    "np.random.randint(0, len(array) - self.size)",
    "random.randint(0, len(array) - self.size)",
    "int(torch.randint(0, len(array) - self.size, (1,)))",
    "torch.randint(0, len(array) - self.size, (1,)).item()",
]


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(
    "body",
    [
        "return self.window(self.tiles[index]), self.window(self.cover[index])",
        "mask = self.window(self.cover[index])\n        return self.window(self.tiles[index]), mask",
        (
            "tile, mask = self.tiles[index], self.cover[index]\n"
            "        tile, mask = self.window(tile), self.window(mask)\n        return tile, mask"
        ),
    ],
)
def test_two_windows_begin_at_two_drawn_places(draw: str, body: str) -> None:
    assert len(found(WINDOWS.format(draw=draw, body=body))) == 1


@pytest.mark.parametrize(
    ("draw", "body"),
    [
        (
            "(len(array) - self.size) // 2",
            "return self.window(self.tiles[index]), self.window(self.cover[index])",
        ),
        (
            DRAWS[0],
            "both = np.stack([self.tiles[index], self.cover[index]], -1)\n        return self.window(both)",
        ),
        (DRAWS[0], "return self.window(self.tiles[index]), self.window(self.tiles[index])"),
        (DRAWS[0], "return self.window(self.tiles[index]), int(self.cover[index].max())"),
    ],
)
def test_windows_that_are_the_same_or_views_of_one_thing(draw: str, body: str) -> None:
    assert found(WINDOWS.format(draw=draw, body=body)) == []


def test_boxes_are_counted_and_not_moved() -> None:
    body = (
        "        boxes = torch.as_tensor(boxes)\n        if random.random() > 0.5:\n"
        "            image = TF.hflip(image)\n"
        "        return image, {'boxes': boxes, 'labels': torch.ones(len(boxes))}\n"
    )
    assert len(found(CLASS + body)) == 1


def test_boxes_are_noted_where_patches_are_put() -> None:
    text = """\
def scene(ground, patches):
    boxes = []
    for patch in patches:
        patch = np.rot90(patch, random.randint(0, 3))
        top, left = random.randint(0, 90), random.randint(0, 90)
        ground[top : top + 9, left : left + 9] = patch
        boxes.append([left, top, left + 9, top + 9])
    return ground, boxes
"""
    assert found(text) == []


OWN_TRANSFORM = """
class Turn:
    def __call__(self, picture):
        if random.random() < 0.5:
            picture = torch.flip(picture, dims=[-1])
        return picture

class Chips(Dataset):
    def __init__(self, names, transform=None):
        self.names, self.transform = names, transform
    def __len__(self):
        return len(self.names)
    def __getitem__(self, index):
        name = self.names[index]
{body}

for chip, water in DataLoader(Chips(names, Turn()), batch_size=4, shuffle=True):
    print(chip)
"""


def of_own_class(*lines: str) -> str:
    return OWN_TRANSFORM.format(body="\n".join("        " + line for line in lines))


@pytest.mark.parametrize(
    "read",
    [
        "water = torch.from_numpy(np.load(name.replace('chip', 'label'))).float()",
        "water = torch.load(name.replace('chip', 'target'))",
    ],
)
def test_a_label_of_each_place_is_known_by_where_it_is_read(read: str) -> None:
    text = of_own_class(
        "chip = torch.from_numpy(np.load(name)).float()",
        read,
        "chip = self.transform(chip)",
        "water = self.transform(water)  # error",
        "return chip, water",
    )
    assert found(text) == wrong(text) != []


@pytest.mark.parametrize(
    "lines",
    [
        # Two views of one picture, and two pictures of which neither is a label.
        (
            "one = torch.load(name)",
            "other = one",
            "return self.transform(one), self.transform(other)",
        ),
        (
            "chip, sky = torch.load(name), torch.load(name + 'b')",
            "chip = self.transform(chip)",
            "sky = self.transform(sky)",
            "return chip, sky",
        ),
        # The seed brings the same draw again.
        (
            "chip = torch.load(name)",
            "water = torch.load(name.replace('chip', 'label'))",
            "random.seed(index)",
            "chip = self.transform(chip)",
            "random.seed(index)",
            "water = self.transform(water)",
            "return chip, water",
        ),
    ],
)
def test_pictures_that_are_no_labels_may_each_be_moved(lines: tuple[str, ...]) -> None:
    assert found(of_own_class(*lines)) == []


def test_flows_of_masks_are_known_by_their_generator() -> None:
    flows = """
{own} = ImageDataGenerator(rotation_range=20)
image_flow = ImageDataGenerator(rotation_range=20).flow(x_train, seed=1)
pairs = {own}.flow(m_train, seed={seed}){mark}
"""
    wrong_one = flows.format(own="mask_generator", seed=2, mark="  # error")
    assert found(wrong_one) == wrong(wrong_one) != []
    assert found(flows.format(own="mask_generator", seed=1, mark="")) == []
    assert found(flows.format(own="more_pictures", seed=2, mark="")) == []


def test_two_pictures_that_one_name_tells_belong_together() -> None:
    text = of_own_class(
        "chip = Image.open('images/' + name + '.png')",
        "water = Image.open('manual/' + name + '.gif')",
        "chip = self.transform(chip)",
        "water = np.array(self.transform(water)) > 0  # error",
        "return chip, torch.from_numpy(water)",
    )
    assert found(text) == wrong(text) != []
    assert found(text.replace("(water)", "(water), index").replace("  # error", "")) == []


SLICED = """\
image, mask = np.array(image), np.array(mask)
if random.random() < 0.5:
    {step}
return image, {label}
"""


@pytest.mark.parametrize(
    ("step", "label", "told"),
    [
        ("image = image[:, ::-1].copy()", "mask", True),
        ("image = image[::-1, :, :]", "boxes", True),
        ("image, mask = image[:, ::-1], mask[:, ::-1]", "mask", False),
        ("image = image[:, ::-1]\n    boxes[:, [0, 2]] = 640 - boxes[:, [2, 0]]", "boxes", False),
        # The colours in another order, every other line, and pictures with no more than a class.
        ("image = image[:, :, ::-1]", "mask", False),
        ("image = image[::2, ::2]", "mask", False),
        ("image = image[:, ::-1]", "index % 3", False),
    ],
)
def test_slices_mirror_pictures_as_well(step: str, label: str, told: bool) -> None:
    assert bool(found(sample(SLICED.format(step=step, label=label)))) is told


def test_one_window_is_cut_out_of_both() -> None:
    body = """\
image, mask = np.array(image), np.array(mask)
top, left = random.randint(0, 400), random.randint(0, 400)
image = image[top : top + 64, left : left + 64]
{then}
return image, mask
"""
    assert not found(sample(body.format(then="mask = mask[top : top + 64, left : left + 64]")))


CROP = """\
class RandomCrop:
    def __call__(self, sample):
        image, landmarks = sample['image'], sample['landmarks']
        top = np.random.randint(0, image.shape[0] - 64)
        left = np.random.randint(0, image.shape[1] - 64)
        image = image[top : top + 64, left : left + 64]
        return {'image': image, 'landmarks': landmarks - [left, top]}
class Faces(Dataset):
    def __init__(self, transform):
        self.transform = transform
    def __getitem__(self, index):
        image = cv2.imread(f'{index}.png')
        landmarks = np.load(f'{index}.npy').reshape(-1, 2)
        SAMPLE
        return self.transform(sample)
faces = Faces(T.Compose([RandomCrop()]))
print(faces[3])
"""


@pytest.mark.parametrize(
    "made",
    [
        "sample = {'image': image, 'landmarks': landmarks}",
        "sample = {'image': image}; sample['landmarks'] = landmarks",
        "sample = dict(image=image, landmarks=landmarks)",
    ],
)
@pytest.mark.parametrize(
    "last",
    ["return self.transform(sample)", "sample = self.transform(sample)\n        return sample"],
)
def test_a_transform_of_the_file_may_move_all_that_is_in_a_sample(made: str, last: str) -> None:
    text = CROP.replace("SAMPLE", made).replace("return self.transform(sample)", last)
    assert not found(text)


def test_what_is_given_back_may_go_by_other_names_by_then() -> None:
    text = of_own_class(
        "chip = Image.open('images/' + name + '.png')",
        "water = Image.open('manual/' + name + '.gif')",
        "chip = self.transform(chip)",
        "water = self.transform(water)  # error",
        "x = to_tensor(chip)",
        "y = torch.from_numpy(np.array(water))",
        "return x, y",
    )
    assert found(text) == wrong(text) != []
    # One of them may have been moved by what the other one was moved by.
    assert found(text.replace("np.array(water)", "np.array(paired(chip, water))")) == []


READ = """\
boxes = []
for x, y, width, height in self.boxes[index]:
    boxes.append([x, y, x + width, y + height])
boxes = torch.tensor(boxes)
boxes[:, 2:] += boxes[:, :2]
target = {{'boxes': boxes}}
if self.transform and random.random() < 0.5:
    image = TF.{}(image)  # error{}
return TF.to_tensor(image), target
"""


def test_boxes_are_computed_before_chance_moves_the_picture_alone() -> None:
    text = sample(READ.format("hflip", ""), "transform=True")
    assert found(text) == wrong(text) != []


@pytest.mark.parametrize(
    ("moved", "besides"),
    [
        ("adjust_brightness", ""),
        ("hflip", "\n    target['boxes'] = torch.tensor(turned(self.boxes[index]))"),
        ("hflip", "\n    target = turned(target)"),
        ("hflip", "\n    self.turn(target)"),
        ("hflip", "\n    boxes[:, [0, 2]] = image.width - boxes[:, [2, 0]]"),
        ("hflip", "\nboxes[:, [0, 2]] = boxes[:, [2, 0]]"),
        ("hflip", "\n    done = True\ntarget = turned(target) if done else target"),
    ],
)
def test_boxes_that_chance_moves_as_well_are_right(moved: str, besides: str) -> None:
    given = "1" if moved == "adjust_brightness" else ""
    body = READ.format(moved, besides).replace(
        "(image)  #", f"(image, {given})  #" if given else "(image)  #"
    )
    assert not found(sample(body, "transform=True"))


def test_what_was_drawn_before_the_boxes_are_read_may_move_them() -> None:
    drawn = "flip = random.random() < 0.5\n" + READ.format("hflip", "").replace(
        "self.transform and random.random() < 0.5", "flip"
    ).replace("    boxes.append", "    x = 640 - x - width if flip else x\n    boxes.append")
    assert not found(sample(drawn, "transform=True"))


GIVEN = """
class Faces(Dataset):
    def __init__(self, rows, table, names, masks, tokenizer):
        self.rows, self.table, self.names, self.masks = rows, table, names, masks
        self.mask = torch.load("round.pt")
        self.tokenizer = tokenizer
        self.transform = T.Compose([T.RandomRotation(9), T.ToTensor()])

    def __getitem__(self, index):
        path = self.names[index]
        image = Image.open(path)
        {label}
        image = self.transform(image){error}
        {then}
        return image, {given}
"""


@pytest.mark.parametrize(
    ("label", "then", "given"),
    [
        # They say what is in the picture, or how much, not where.
        ("gt = self.rows[index][1]", "", "gt"),
        ("path, mask_label = self.rows[index]", "", "mask_label"),
        ("row = self.table.iloc[index]", "", "torch.tensor(row.landmark_id)"),
        ("boxes = self.rows[index]['boxes']", "", "len(boxes)"),
        ("mask = int(self.masks[index])", "", "mask"),
        ("annotation = self.rows[index]", "", "annotation['caption']"),
        ("row = self.table.iloc[index]", "", "torch.tensor(row['points'], dtype=torch.float32)"),
        ("row = self.rows[index]", "", "row['mask_path']"),
        # They are not of the picture: the same for all of them, or drawn.
        ("", "", "self.mask"),
        ("", "mask = np.random.permutation(196) < 49", "mask"),
        ("", "mask = blocks()", "mask"),
        ("mask = Image.open(self.masks[random.randint(0, 9)])", "", "T.ToTensor()(mask)"),
        ("text = self.tokenizer(self.rows[index])", "", "text['attention_mask']"),
        ("text = self.tokenizer(self.rows[index])", "mask = text['attention_mask']", "mask"),
        # They are made of the picture that has been moved, or this was cut out by them.
        ("", "mask = (image > 0).float()", "mask"),
        ("box = self.rows[index]; image = image.crop(tuple(box))", "", "np.array(box)"),
    ],
)
def test_what_says_nothing_of_places_need_not_move(label: str, then: str, given: str) -> None:
    assert found(GIVEN.format(label=label, then=then, given=given, error="")) == []


@pytest.mark.parametrize(
    ("label", "then", "given"),
    [
        ("gt = np.array(Image.open('m/' + path))", "gt = torch.from_numpy(gt).long()", "gt"),
        ("", "mask = T.ToTensor()(Image.open(self.masks[index]))", "mask"),
        ("", "", "T.ToTensor()(Image.open(self.masks[index]))"),
        ("boxes, kinds = self.rows[index]", "", "{'boxes': torch.tensor(boxes), 'kinds': kinds}"),
        (
            "width, height = image.size",
            "",
            "{'boxes': torch.tensor(self.rows[index]) / width, 'size': height}",
        ),
        ("landmarks = self.table.iloc[index, 1:].to_numpy().reshape(-1, 2)", "", "landmarks"),
    ],
)
def test_what_is_read_as_a_picture_or_places_moves_along(label: str, then: str, given: str) -> None:
    text = GIVEN.format(label=label, then=then, given=given, error="  # error")
    assert found(text) == wrong(text) != []


def test_things_are_left_behind_only_by_what_they_are_given_with() -> None:
    text = """
class Scans(Dataset):
    def __init__(self, pairs, slices=None):
        self.pairs, self.slices = pairs, slices

    def __getitem__(self, index):
        if self.slices:
            found = self.slices[index]
            return found["input"], found["gt"]
        scan, inside = torch.load(self.pairs[index][0]), torch.load(self.pairs[index][1])
        start = np.random.randint(0, scan.size(0) - 8)
        scan, inside = scan[start : start + 8], inside[start : start + 8]
        return scan, inside
"""
    assert found(text) == []


@pytest.mark.parametrize(
    ("number", "told"), [("index", True), ("random.randint(0, len(self.masks) - 1)", False)]
)
def test_a_mask_that_is_drawn_for_the_picture_fits_it_anyhow(number: str, told: bool) -> None:
    text = f"""
class Holes(Dataset):
    def __init__(self, names, masks):
        self.names, self.masks = names, masks
        self.transform = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])

    def __getitem__(self, index):
        number = {number}
        image = Image.open(self.names[index])
        mask = Image.open(self.masks[number])
        image = self.transform(image)
        mask = self.transform(mask){"  # error" if told else ""}
        return image, mask
"""
    assert found(text) == wrong(text)


@pytest.mark.parametrize(
    ("then", "stays"),
    [("points = points - [left, top]", False), ("points = points / [width, height]", True)],
)
def test_points_may_be_shifted_by_what_was_drawn_for_the_picture(then: str, stays: bool) -> None:
    text = f"""\
class RandomCrop:
    def __init__(self, size):
        self.size = size

    def __call__(self, sample):
        image, points = sample["image"], sample["keypoints"]
        height, width = image.shape[:2]
        top = np.random.randint(0, height - self.size)
        left = np.random.randint(0, width - self.size)
        image = image[top : top + self.size, left : left + self.size]
        {then}
        return {{"image": image, "keypoints": points}}
"""
    assert bool(found(text)) == stays


@pytest.mark.parametrize(("name", "told"), [("template", 0), ("clean", 1)])
def test_a_template_is_that_of_a_class_and_lies_where_it_lies(name: str, told: int) -> None:
    text = f"""
class Signs(Dataset):
    def __init__(self, names, labels, train=True):
        self.names, self.labels = names, labels
        self.transform = {MOVING} if train else {STILL}

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        image = Image.open('images/' + self.names[index])
        {name} = Image.open('{name}/' + str(self.labels[index]) + '.png')
        image = self.transform(image)
        {name} = self.transform({name})
        return image, {name}, self.labels[index]


signs = DataLoader(Signs(names, labels), batch_size=8, shuffle=True)
"""
    assert len(found(text)) == told
