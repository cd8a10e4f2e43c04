"""view-instead-of-permute: tricks that look like it, and are none."""

import pytest

from tests.abstract_programs import findings, marked


@pytest.mark.parametrize(
    "body",
    [
        # The shift of relative attention: rows that are longer by one, one row or place cut off.
        """
        shape = x.size()
        x = x.view(shape[1], shape[0], *shape[2:])[1:]
        return x.view(shape[0], shape[1] - 1, *shape[2:])
        """,
        """
        b, h, q, k = x.size()
        padding = x.new_zeros(b, h, q, 1)
        padded = torch.cat([padding, x], dim=-1).view(b, h, k + 1, q)
        return padded[:, :, 1:].view_as(x)
        """,
        """
        b, h, q, k = x.shape
        x = torch.nn.functional.pad(x, (1, 0)).view(b, h, k + 1, q)
        return x[:, :, 1:].view(b, h, q, k)
        """,
        """
        b, h, q, k = x.shape
        x = torch.nn.functional.pad(x, (1, 0)).reshape(b, h, -1, q)
        return x[:, :, 1:, :].reshape(b, h, q, k)
        """,
        """
        zeros = torch.zeros((x.size(0), 1, *x.size()[2:]))
        padded = torch.cat([zeros, x], dim=1).view(x.size(1) + 1, x.size(0), *x.size()[2:])
        return padded[1:].view_as(x)
        """,
        """
        q, k = torch.nn.Linear(4, 16)(x), model(batch_size)
        q, k = q.view(x.size(0), x.size(1), 2, 8), k.view(k.size(0), 2, 8)
        x = torch.einsum("ibnd,jnd->ijbn", (q, k))
        zeros = torch.zeros((x.size(0), 1, *x.size()[2:]))
        padded = torch.cat([zeros, x], dim=1).view(x.size(1) + 1, x.size(0), *x.size()[2:])
        return padded[1:].view_as(x)
        """,
        # One sample as a batch of one.
        "return model.predict(x.reshape(batch_size, x.shape[0], x.shape[1]))",
    ],
)
def test_a_shift_of_rows_and_one_more_axis_in_front_move_no_axis(body: str) -> None:
    lines = body.strip().splitlines()
    text = "import torch\ndef f(model, batch_size, x):\n"
    assert findings(text + "\n".join(f"    {line.strip()}" for line in lines)) == []


def test_the_second_of_two_views_in_one_function_still_moves_an_axis() -> None:
    text = """
    def f(x, y):
        b, t, c = x.shape
        y = y.view(b, t, 4)
        return x.view(b, c, t), y  # error
    """
    assert findings(text) == marked(text, "NN301")


@pytest.mark.parametrize(
    "front",
    [
        "nn.Conv1d(40, 64, 5, padding=2), nn.MaxPool1d(2)",
        "nn.Conv1d(40, 64, 5, padding=2), nn.AvgPool1d(3, stride=2)",
        "nn.Conv1d(40, 64, 5, stride=2, padding=2)",
    ],
)
def test_a_count_of_windows_is_no_row_that_is_longer_by_one(front: str) -> None:
    text = f"""
    import torch
    from torch import nn
    front = nn.Sequential({front})
    z = front(torch.load("sounds.pt"))
    batch, channels, frames = z.size()
    states, _ = nn.GRU(64, 9, batch_first=True)(z.view(batch, frames, channels)) # error
    """
    assert findings(text) == marked(text, "NN301")
    assert findings(text.replace("z.view(batch, frames, channels)", "z.transpose(1, 2)")) == []
