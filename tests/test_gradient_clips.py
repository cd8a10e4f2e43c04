"""misplaced-gradient-clip (NN108) and method-not-called (NN115): things that have no effect."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, marked

SETTING = """
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
import elsewhere
model = nn.Linear(3, 1)
loader = [(torch.randn(4, 3), torch.randn(4, 1)) for _ in range(100)]
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""

WRONG = {
    "NN108 before backward": """
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            clip_grad_norm_(model.parameters(), 1.0)  # error
            loss.backward()
            optimizer.step()
        """,
    "NN108 after the step": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
            clip_grad_norm_(model.parameters(), 1.0)  # error
        """,
    "NN108 after the step, by hand": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
            for parameter in model.parameters():
                parameter.grad.data.clamp_(-1, 1)  # error
        """,
    "NN108 in a helper that comes too early": """
        def clip(network):
            clip_grad_norm_(network.parameters(), 1.0)  # error
        def train(model, optimizer, loader):
            for x, y in loader:
                loss = criterion(model(x), y)
                optimizer.zero_grad()
                clip(model)
                loss.backward()
                optimizer.step()
        train(model, optimizer, loader)
        """,
    "NN108 scaled gradients": """
        scaler = torch.cuda.amp.GradScaler()
        for x, y in loader:
            optimizer.zero_grad()
            scaler.scale(criterion(model(x), y)).backward()
            clip_grad_norm_(model.parameters(), 1.0)  # error
            scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
        """,
    "NN108 the norm of each gradient by itself": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            for parameter in model.parameters():
                if parameter.grad is not None:
                    clip_grad_norm_(parameter, 1.0)  # error
            optimizer.step()
        """,
    "NN108 handed to a ready model of another library": """
        from transformers import BertForTokenClassification
        tagger = BertForTokenClassification.from_pretrained("bert-base-uncased")
        optimizer = torch.optim.Adam(tagger.parameters())
        for x, y in loader:
            loss = tagger(x, labels=y).loss
            clip_grad_norm_(tagger.parameters(), 1.0)  # error
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
    "NN115 an optimizer that clears nothing": """
        for x, y in loader:
            optimizer.zero_grad  # error
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "NN115 an optimizer that never steps": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step  # error
        """,
    "NN115 a model that stays as it was": """
        def evaluate(net):
            net.eval  # error
            with torch.no_grad():
                return [net(x) for x, _ in loader]
        """,
    "NN115 a question that is not asked": """
        use_cuda = True and not torch.cuda.is_available  # error
        if torch.backends.mps.is_available:  # error
            model.to("mps")
        """,
    "NN115 a schedule that stands still": """
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
        for epoch in range(100):
            for x, y in loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            scheduler.step  # error
        """,
}

RIGHT = {
    "between backward and step": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        """,
    "the values of each gradient by itself": """
        from torch.nn.utils import clip_grad_value_
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            for parameter in model.parameters():
                clip_grad_value_(parameter, 1.0)
            optimizer.step()
        """,
    "unscaled first": """
        scaler = torch.amp.GradScaler()
        for x, y in loader:
            optimizer.zero_grad()
            scaler.scale(criterion(model(x), y)).backward()
            scaler.unscale_(optimizer)
            clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
        """,
    "on either of two ways": """
        scaler = elsewhere.scaler()
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            if scaler is not None:
                scaler.scale(loss).backward()
                scaler.unscale_(optimizer)
                clip_grad_norm_(model.parameters(), 1.0)
                scaler.step(optimizer)
            else:
                loss.backward()
                clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
        """,
    "an average that is updated between clip and step": """
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            clip_grad_norm_(model.parameters(), 1.0)
            elsewhere.average.update(model)
            optimizer.step()
        """,
    "gradients that come from elsewhere": """
        for x, y in loader:
            optimizer.zero_grad()
            elsewhere.backward(model, x, y)
            clip_grad_norm_(model.parameters(), 1.0)
            criterion(model(x), y).backward()
            optimizer.step()
        """,
    "through an accelerator": """
        from accelerate import Accelerator
        accelerator = Accelerator()
        model, optimizer = accelerator.prepare(model, optimizer)
        for x, y in loader:
            with accelerator.accumulate(model):
                accelerator.backward(criterion(model(x), y))
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
        """,
    "a method that others will call": """
        clear = optimizer.zero_grad
        for x, y in loader:
            clear()
            criterion(model(x), y).backward()
            optimizer.step()
        elsewhere.at_the_end(model.eval, optimizer.step)
        """,
    "a question that is asked later": """
        available = torch.cuda.is_available
        if available():
            model.cuda()
        """,
    "a setting that is called like a method": """
        def show(args, env):
            args.train
            env.step
        """,
    "a version that a notebook shows": """
        torch.__version__
        """,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_has_no_effect_is_flagged(name: str) -> None:
    text = SETTING + dedent(WRONG[name])
    assert findings(text) == marked(text, name.split()[0])


@pytest.mark.parametrize("name", RIGHT)
def test_what_has_an_effect_is_left_alone(name: str) -> None:
    found = [code for _, code in findings(SETTING + dedent(RIGHT[name]))]
    assert not {"NN108", "NN115"} & set(found)
