"""Copies of rows that may not be made before the rows are divided."""

from textwrap import dedent, indent

import pytest

from tests.data_programs import SPLIT, flagged, lines_of

# --- resampling-before-split ----------------------------------------------------------------


@pytest.mark.parametrize(
    "resampling",
    [
        "X, y = SMOTE().fit_resample(X, y)",
        "X, y = RandomOverSampler(random_state=0).fit_sample(X, y)",
        "X, y = resample(X, y, n_samples=5000)",
        "rare = X[X.a == 1]; X = pd.concat([X[X.a == 0], rare.sample(5000, replace=True)])",
        "rare = X[X.a == 1]; X = pd.concat([X[X.a == 0], resample(rare, replace=True)])",
        "X = X.append(X[X.rare == 1])",
    ],
)
@pytest.mark.parametrize("division", [SPLIT, "cross_val_score(LogisticRegression(), X, y)"])
def test_resampled_rows_may_not_be_divided(resampling: str, division: str) -> None:
    assert flagged(f"{resampling}\n{division}") == [("NN502", resampling)]


def test_rows_without_labels_get_no_copies() -> None:
    step = "table = pd.concat([table, table[table.y == 1]])"
    division = "train = table[table.y.notnull()]\ntest = table[table.y.isnull()]"
    assert flagged(f"{step}\n{division}") == []
    division = "train = table[table.fold != 1]\ntest = table[table.fold == 1]"
    assert flagged(f"{step}\n{division}") == [("NN502", step)]


def test_resampling_the_training_rows_is_right() -> None:
    assert flagged(f"{SPLIT}\nX_train, y_train = SMOTE().fit_resample(X_train, y_train)") == []
    pipeline = """
    from imblearn.pipeline import make_pipeline as balanced_pipeline
    cross_val_score(balanced_pipeline(SMOTE(), LogisticRegression()), X, y)
    """
    assert flagged(pipeline) == []
    assert flagged(f"X, y = resample(X, y, replace=False, n_samples=500)\n{SPLIT}") == []
    assert flagged(f"X = X.sample(500)\n{SPLIT}") == []


def test_resampling_after_all_and_dividing_the_original_rows_is_right() -> None:
    assert flagged(f"X_more, y_more = SMOTE().fit_resample(X, y)\n{SPLIT}") == []


def test_resampled_training_rows_may_not_be_divided_either() -> None:
    text = f"{SPLIT}\nX_more, y_more = SMOTE().fit_resample(X_train, y_train)\n"
    assert (
        len(lines_of(text + "cross_val_score(LogisticRegression(), X_more, y_more)", "NN502")) == 1
    )


# --- augmentation-before-split --------------------------------------------------------------

IMAGES = "images, labels = np.load('images.npy'), np.load('labels.npy')\n"
DIVIDED = "\ntrain, test, train_labels, test_labels = train_test_split(images, labels)"


@pytest.mark.parametrize(
    "augmentation",
    [
        "images = np.concatenate([images, images + np.random.normal(0, 0.1, images.shape)])",
        "images = np.vstack((images, np.fliplr(images)))",
        "images = np.append(images, images[:, :, ::-1], axis=0)",
        "images = np.concatenate([images] + [np.roll(images, k, axis=1) for k in (1, 2)])",
        "images = np.repeat(images, 5, axis=0)",
        "images = np.tile(images, (2, 1, 1))",
        "images = torch.cat([images, torch.flip(images, [2])])",
        "images = pd.concat([table, table.assign(a=table.b, b=table.a)])",
        "images = table.append(table)",
    ],
)
def test_copies_may_not_be_divided(augmentation: str) -> None:
    assert flagged(IMAGES + augmentation + DIVIDED) == [("NN501", augmentation.strip())]


@pytest.mark.parametrize(
    "step",
    [
        "images = np.concatenate([images, np.load('more.npy')])",
        "parts = pd.read_pickle('x.pkl'); images = pd.concat([parts.X_train, parts.X_val])",
        "images = np.concatenate([images, np.flip(images)], axis=1)",
        "images = np.hstack([images, images ** 2])",
        "images = np.repeat(images[..., np.newaxis], 3, -1)",
        "images = np.stack([images, images, images], axis=-1)",
        "images = pd.concat([table, table.shift(1)], axis=1)",
        "images = pd.concat([table[table.a == 0], table[table.a == 1]])",
        "images = pd.concat([pd.read_csv(name) for name in ('a', 'b')])",
        "images = pd.concat([table, table[table.a == 1]]).drop_duplicates()",
        "a, b = train_test_split(images); images = np.concatenate([a, b])",
        "images = images + np.random.normal(0, 0.1, images.shape)",
    ],
)
def test_what_adds_no_copies(step: str) -> None:
    assert flagged(IMAGES + step + DIVIDED) == []


def in_a_loop(body: str) -> str:
    loop = "images, labels = [], []\nfor path in paths:\n    image = cv2.imread(path)\n"
    return loop + indent(dedent(body).strip(), "    ") + DIVIDED


def test_a_list_of_samples_and_changed_copies_of_them() -> None:
    flipped = in_a_loop("""
        images.append(image)
        images.append(cv2.flip(image, 1))
    """)
    assert [code for code, _ in flagged(flipped)] == ["NN501"]
    noisy = in_a_loop("""
        images.append(image)
        images.append(image + np.random.normal(0, 10, image.shape))
    """)
    assert len(flagged(noisy)) == 1
    only_changed = in_a_loop("images.append(cv2.GaussianBlur(image, (5, 5), 0))")
    assert flagged(only_changed) == []
    another = in_a_loop("""
        images.append(image)
        images.append(cv2.flip(cv2.imread(path.replace('left', 'right')), 1))
    """)
    assert flagged(another) == []
    features = in_a_loop("images.append([image.mean(), image.std(), image.max()])")
    assert flagged(features) == []


def test_copies_of_one_class_in_a_loop_over_classes_are_no_copies_of_each_other() -> None:
    text = """
    parts = pd.DataFrame()
    for kind in kinds:
        parts = pd.concat([parts, table[table.kind == kind].head(100)])
    train, test = train_test_split(parts)
    """
    assert flagged(text) == []


def test_two_views_of_one_folder() -> None:
    views = """
    plain = ImageFolder("pictures", transform=transforms.ToTensor())
    changed = ImageFolder({root}, transform=transforms.RandomRotation(9))
    both = {joined}
    train, test = random_split(both, [0.8, 0.2])
    """
    assert (
        len(flagged(views.format(root='"pictures"', joined="ConcatDataset([plain, changed])"))) == 1
    )
    assert len(flagged(views.format(root='"pictures"', joined="plain + changed"))) == 1
    assert flagged(views.format(root='"more"', joined="ConcatDataset([plain, changed])")) == []
    halves = "CIFAR10('data', train=True) + CIFAR10('data', train=False)"
    assert flagged(f"train, test = random_split({halves}, [0.8, 0.2])") == []


def test_copies_of_the_training_part_are_right() -> None:
    text = """
    images, test, labels, test_labels = train_test_split(images, labels)
    images = np.concatenate([images, np.flip(images, axis=1)])
    """
    assert flagged(IMAGES + dedent(text)) == []


def test_groups_keep_copies_together() -> None:
    text = "images = np.vstack([images, np.fliplr(images)])\n"
    assert flagged(IMAGES + text + "folds = list(GroupKFold().split(images, labels, groups))") == []


def test_a_list_of_arrays_and_noisy_copies_of_them() -> None:
    copies = """
    copies = [images]
    for _ in range(3):
        copies.append(images + np.random.normal(0, 0.02, images.shape).astype(np.float32))
    images = np.concatenate(copies)
    """
    assert [code for code, _ in flagged(IMAGES + dedent(copies) + DIVIDED)] == ["NN501"]


def test_copies_of_samples_that_were_changed_are_still_copies() -> None:
    both = in_a_loop("""
        images.append(image)
        images.append(np.rot90(image).copy())
    """)
    assert [code for code, _ in flagged(both)] == ["NN501"]


# --- copies that a function makes of what it is given ------------------------------------------


AGAIN_AND_AGAIN = """\
parts = [features]
        for _ in range(3):
            parts.append(features + np.random.normal(size=features.shape))
        return np.concatenate(parts), np.tile(labels, 4)"""


@pytest.mark.parametrize(
    "body",
    [
        "return SMOTE().fit_resample(features, labels)",
        "return np.concatenate([features, features[::-1]]), np.concatenate([labels, labels])",
        AGAIN_AND_AGAIN,
    ],
)
def test_copies_of_what_a_function_is_given_are_told_of_at_its_call(body: str) -> None:
    text = f"""
    def enlarged(features, labels):
        {body}
    X, y = np.load("x.npy"), np.load("y.npy")
    X, y = enlarged(X, y)
    {SPLIT}
    """
    assert [line for _, line in flagged(text)] == ["X, y = enlarged(X, y)"]


def test_copies_of_what_a_function_reads_are_told_of_in_it() -> None:
    text = f"""
    def read(path):
        rows = np.load(path)["x"]
        rows = np.concatenate([rows, rows[:, ::-1]])
        return rows, np.arange(len(rows))
    X, y = read("waves.npz")
    {SPLIT}
    """
    copies = "rows = np.concatenate([rows, rows[:, ::-1]])"
    assert flagged(text) == [("NN501", copies)]


@pytest.mark.parametrize(
    "balanced",
    [
        "pd.concat([rows.sample(99, replace=True) for _, rows in table.groupby('label')])",
        "table.groupby('label').sample(99, replace=True)",
        "table.groupby('label').apply(lambda rows: rows.sample(99, replace=True))",
    ],
)
def test_groups_may_be_resampled_one_by_one(balanced: str) -> None:
    text = f"even = {balanced}\ntrain, test = train_test_split(even)"
    assert flagged(text) == [("NN502", f"even = {balanced}")]
    assert not flagged(text.replace(", replace=True", ""))
    divided = "train, test = train_test_split(table)\neven = train.groupby('label').sample(9, replace=True)"
    assert not flagged(divided)


def test_samples_that_are_passed_over_change_nothing_of_the_copies_of_others() -> None:
    text = in_a_loop("""
        if path in broken:
            continue
        for version in (image, image + np.random.normal(0, 9, image.shape)):
            images.append(version.mean())
    """)
    assert [code for code, _ in flagged(text)] == ["NN501"]
    once = in_a_loop("""
        if path in broken:
            continue
        images.append(image.mean())
    """)
    assert flagged(once) == []


NOISY = """
def noisy(rows):
    out = rows.copy()
    out[names] = rows[names] * (1 + 0.1 * np.random.randn(*rows[names].shape))
    return out

"""


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("data = pd.concat([table] + [noisy(table) for _ in range(9)])", True),
        (
            "a = X.values\ndata = np.concatenate([a] + [a + np.random.randn(*a.shape) for _ in range(4)])",
            True,
        ),
        (
            "parts = [table]\nfor _ in range(9):\n    parts.append(noisy(table))\ndata = pd.concat(parts)",
            True,
        ),
        ("data = pd.concat([table] + [pd.read_csv(name) for name in more])", False),
        ("data = pd.concat([table[table.a == kind] for kind in kinds])", False),
        ("data = pd.concat([noisy(part) for part in (table, other)])", False),
    ],
)
def test_a_list_may_hold_the_same_rows_several_times(step: str, wrong: bool) -> None:
    codes = [code for code, _ in flagged(f"{NOISY}{step}\ntrain, test = train_test_split(data)")]
    assert codes == (["NN501"] if wrong else [])


def test_versions_of_a_sample_may_come_from_a_generator() -> None:
    text = """
    def versions(path):
        image = cv2.imread(path)
        yield image
        yield cv2.flip(image, 1)

    images = []
    for path in paths:
        for version in versions(path):
            images.append(version)
    train, test = train_test_split(np.array(images))
    """
    assert [code for code, _ in flagged(text)] == ["NN501"]
    alone = text.replace("yield image\n        ", "")
    assert flagged(alone) == []
    either = text.replace(
        "yield image\n        ",
        "if path in small:\n            yield image\n        else:\n            ",
    )
    assert flagged(either) == []


TAKEN_OUT = {
    "of a list": "tables = [pd.read_csv(each) for each in names]\nfor one in tables:\n    parts.append(one)",
    "by number": """
tables = [pd.read_csv(each) for each in names]
for number in range(len(tables)):
    parts.append(tables[number][columns])
""",
    "of a dictionary": """
tables = {each: pd.read_csv(each) for each in names}
for one in tables.values():
    parts.append(one.dropna())
""",
    "read by a function": """
tables = list(map(pd.read_csv, names))
for number, one in enumerate(tables):
    parts.append(one[columns])
""",
}


@pytest.mark.parametrize("taken", TAKEN_OUT.values(), ids=TAKEN_OUT)
def test_tables_that_a_list_holds_one_by_one_are_no_copies(taken: str) -> None:
    text = (
        f"{taken}\ndata = pd.concat([table[columns], *parts])\ntrain, test = train_test_split(data)"
    )
    assert flagged(f"parts = []\n{text}") == []


def test_copies_in_a_list_may_be_unpacked_beside_their_table() -> None:
    text = "data = pd.concat([table, *[noisy(table) for _ in range(9)]])"
    found = flagged(f"{NOISY}{text}\ntrain, test = train_test_split(data)")
    assert [code for code, _ in found] == ["NN501"]
