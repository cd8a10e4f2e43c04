"""Trainers, engines and factories: who clears the gradients, who steps, and for how long."""

import pytest

from advisor.code.events import (
    BackwardRun,
    GradientsCleared,
    GradientsTaken,
    OptimizerStepped,
    ScheduleStepped,
    TrainerBuilt,
)
from advisor.code.library.names import canonical
from advisor.code.values import Schedule, known_number
from tests.abstract_programs import findings, program

# --- Accelerate and Fabric ----------------------------------------------------------------

ACCELERATE = """
import torch
from accelerate import Accelerator
from data import loader
accelerator = Accelerator()
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.AdamW(model.parameters())
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
for x, y in loader:
    with accelerator.accumulate(model):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
"""


def test_accelerate_goes_backward_and_leaves_the_rest_to_the_loop() -> None:
    assert findings(ACCELERATE) == []
    assert program(ACCELERATE).rows(BackwardRun) == [12, 12]


def test_accelerate_does_not_clear_gradients() -> None:
    assert findings(ACCELERATE.replace("        optimizer.zero_grad()\n", "")) == [(12, "NN101")]


def test_an_accelerator_that_is_passed_in_is_known_by_its_name() -> None:
    code = """
    def train(model, optimizer, loader, {engine}):
        for batch in loader:
            {engine}.backward(model(**batch).loss)
            optimizer.step()
    """
    assert findings(code.format(engine="accelerator")) == [(4, "NN101")]
    assert findings(code.format(engine="model_engine")) == []


def test_what_is_prepared_alone_comes_back_alone() -> None:
    code = """
    import torch
    from accelerate import Accelerator
    from data import loader
    accelerator = Accelerator()
    model = accelerator.prepare(torch.nn.Linear(3, 2))
    optimizer = accelerator.prepare(torch.optim.SGD(model.parameters(), lr=0.1))
    for x, y in accelerator.prepare(loader):
        model.zero_grad()
        accelerator.backward(torch.nn.functional.cross_entropy(model(x), y))
        optimizer.step()
    """
    assert findings(code) == []
    assert findings(code.replace("model.zero_grad()", "pass")) == [(10, "NN101")]


def test_accelerate_decides_how_often_a_schedule_advances() -> None:
    code = """
    import torch
    from accelerate import Accelerator
    accelerator = Accelerator(gradient_accumulation_steps=4)
    optimizer = torch.optim.SGD(torch.nn.Linear(3, 2).parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1000)
    {prepare}
    for step in range(100):
        optimizer.zero_grad()
        schedule.step()
    """
    assert findings(code.format(prepare="schedule = accelerator.prepare(schedule)")) == []
    assert findings(code.format(prepare="accelerator.wait_for_everyone()")) == [(6, "NN601")]


FABRIC = """
import torch
{imports}
from data import loader
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model, optimizer = fabric.setup(model, optimizer)
loader = fabric.setup_dataloaders(loader)
for x, y in loader:
    optimizer.zero_grad()
    fabric.backward(torch.nn.functional.cross_entropy(model(x), y))
    optimizer.step()
"""


@pytest.mark.parametrize(
    "imports",
    [
        "import lightning as L; fabric = L.Fabric()",
        "from lightning import Fabric; fabric = Fabric(accelerator='cuda')",
        "from lightning.fabric import Fabric; fabric = Fabric()",
        "from lightning_fabric import Fabric; fabric = Fabric()",
    ],
)
def test_fabric_goes_backward_and_leaves_the_rest_to_the_loop(imports: str) -> None:
    code = FABRIC.format(imports=imports)
    assert findings(code) == []
    assert findings(code.replace("    optimizer.zero_grad()\n", "")) == [(10, "NN101")]


def test_fabric_launches_a_function_with_itself() -> None:
    code = """
    import torch
    import lightning as L
    def main(fabric, loader):
        model = torch.nn.Linear(3, 2)
        model, optimizer = fabric.setup(model, torch.optim.SGD(model.parameters(), lr=0.1))
        for x, y in loader:
            fabric.backward(torch.nn.functional.cross_entropy(model(x), y))
            optimizer.step()
    L.Fabric(devices=2).launch(main)
    """
    assert findings(code) == [(8, "NN101")]


# --- Lightning ----------------------------------------------------------------------------

MANUAL = """
import torch
import pytorch_lightning as pl
class Module(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.layer = torch.nn.Linear(3, 2)
    def training_step(self, batch, batch_idx):
        opt = self.optimizers()
        {clear}
        loss = self.layer(batch[0]).sum()
        self.manual_backward(loss)
        opt.step()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
pl.Trainer(max_epochs=5).fit(Module())
"""


def test_manual_optimization_that_clears_is_right() -> None:
    assert findings(MANUAL.format(clear="opt.zero_grad()")) == []
    assert findings(MANUAL.format(clear="self.zero_grad()")) == []


def test_manual_optimization_that_never_clears() -> None:
    assert findings(MANUAL.format(clear="pass")) == [(13, "NN101")]


def test_two_optimizers_that_are_toggled() -> None:
    code = """
    import torch
    from lightning import LightningModule, Trainer
    class Gan(LightningModule):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False
            self.g = torch.nn.Linear(3, 2)
            self.d = torch.nn.Linear(2, 1)
        def training_step(self, batch):
            g_opt, d_opt = self.optimizers()
            self.toggle_optimizer(g_opt)
            self.manual_backward(self.d(self.g(batch)).mean())
            g_opt.step()
            g_opt.zero_grad()
            self.untoggle_optimizer(g_opt)
            self.toggle_optimizer(d_opt)
            d_opt.zero_grad()
            self.manual_backward(self.d(batch).mean())
            d_opt.step()
            self.untoggle_optimizer(d_opt)
        def configure_optimizers(self):
            one = torch.optim.Adam(self.g.parameters())
            other = torch.optim.Adam(self.d.parameters())
            return [one, other], []
    Trainer().fit(Gan())
    """
    assert findings(code) == []
    assert findings(code.replace("d_opt.zero_grad()", "pass")) == [(19, "NN101")]


def test_automatic_optimization_has_nothing_to_forget() -> None:
    code = """
    import torch
    from lightning.pytorch import LightningModule, Trainer
    class Module(LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 2)
        def training_step(self, batch, batch_idx):
            return self.layer(batch[0]).sum()
        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)
    Trainer(max_epochs=5).fit(Module())
    """
    assert findings(code) == []
    assert program(code).events(OptimizerStepped) == []


SCHEDULED = """
import torch
from lightning.pytorch import LightningModule, Trainer
class Module(LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).sum()
    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
        return {returned}
Trainer(max_epochs={epochs}).fit(Module())
"""


@pytest.mark.parametrize(
    "returned",
    [
        "[optimizer], [scheduler]",
        '{"optimizer": optimizer, "lr_scheduler": scheduler}',
        '{"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler}}',
        '[optimizer], [{"scheduler": scheduler, "interval": "epoch"}]',
    ],
)
def test_the_trainer_steps_a_schedule_at_each_epoch(returned: str) -> None:
    code = SCHEDULED.replace("{returned}", returned)
    assert findings(code.replace("{epochs}", "10")) == [(12, "NN601")]
    assert findings(code.replace("{epochs}", "90")) == []


@pytest.mark.parametrize(
    "returned",
    [
        '[optimizer], [{"scheduler": scheduler, "interval": "step"}]',
        '[optimizer], [{"scheduler": scheduler, "frequency": 3}]',
        '[optimizer], [{"scheduler": scheduler, "interval": interval}]',
    ],
)
def test_a_schedule_that_is_not_stepped_at_each_epoch_is_left_alone(returned: str) -> None:
    code = SCHEDULED.replace("{returned}", returned).replace("{epochs}", "10")
    assert findings(code) == []


# --- transformers -------------------------------------------------------------------------


def test_a_trainer_is_built_with_the_settings_of_its_training() -> None:
    code = """
    from transformers import Trainer, TrainingArguments
    settings = TrainingArguments("out", max_steps=100, warmup_steps=10)
    settings.max_steps = 500
    Trainer(model=build(), args=settings).train()
    """
    (event,) = program(code).events(TrainerBuilt)
    steps = known_number(event.arguments.keywords["max_steps"])
    assert steps is not None
    assert steps.integer == 500
    assert event.place.locate().row == 3


def test_a_warm_up_longer_than_the_training() -> None:
    code = """
    from transformers import TrainingArguments, Trainer
    arguments = TrainingArguments(output_dir="out", max_steps=200, warmup_steps=500)
    Trainer(model=build(), args=arguments).train()
    """
    assert findings(code) == [(3, "NN601")]


@pytest.mark.parametrize(
    "trainer",
    [
        "Trainer(model=build(), args=arguments, optimizers=(optimizer, schedule))",
        "Trainer(model=build(), args=TrainingArguments(**options))",
        "Trainer(model=build(), args=parse())",
        "Own(model=build(), args=arguments)",
    ],
)
def test_a_trainer_with_a_schedule_of_its_own_is_left_alone(trainer: str) -> None:
    code = f"""
from transformers import TrainingArguments, Trainer
from setup import build, parse, options, optimizer, schedule
class Own(Trainer):
    def create_scheduler(self, num_training_steps, optimizer=None):
        return schedule
arguments = TrainingArguments(output_dir="out", max_steps=200, warmup_steps=500)
{trainer}
"""
    assert findings(code) == []


def test_a_schedule_kind_that_cannot_be_read_is_left_alone() -> None:
    code = """
    from transformers import TrainingArguments, Trainer, SchedulerType
    kind = SchedulerType.COSINE
    arguments = TrainingArguments("out", max_steps=200, warmup_steps=500, lr_scheduler_type=kind)
    Trainer(build(), arguments).train()
    """
    assert findings(code) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ('"linear"', "get_linear_schedule_with_warmup"),
        ('name="cosine"', "get_cosine_schedule_with_warmup"),
        ("SchedulerType.LINEAR", "get_linear_schedule_with_warmup"),
        ("options.kind", "get_scheduler"),
    ],
)
def test_the_name_decides_on_the_schedule(name: str, kind: str) -> None:
    code = f"""
import torch
from transformers import get_scheduler, SchedulerType
from settings import options, model
optimizer = torch.optim.AdamW(model.parameters())
schedule = get_scheduler({name}, optimizer=optimizer, num_warmup_steps=0, num_training_steps=10)
for step in range(1000):
    schedule.step()
"""
    event = program(code).events(ScheduleStepped)[0]
    assert isinstance(event.schedule, Schedule)
    assert event.schedule.path == f"transformers.{kind}"
    assert event.schedule.optimizer is not None


def test_a_named_schedule_that_ends_long_before_the_training() -> None:
    code = """
    import torch
    from transformers import get_scheduler
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    schedule = get_scheduler("linear", optimizer, 0, 100)
    for step in range(1000):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        schedule.step()
    """
    assert findings(code) == [(6, "NN601")]


# --- engines that step themselves ---------------------------------------------------------


def test_deepspeed_clears_when_it_steps() -> None:
    code = """
    import deepspeed, torch
    from data import loader, args
    model = torch.nn.Linear(3, 2)
    model_engine, optimizer, _, _ = deepspeed.initialize(args=args, model=model)
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model_engine(x), y)
        model_engine.backward(loss)
        model_engine.step()
    """
    assert findings(code) == []
    assert program(code).rows(GradientsCleared) == [9, 9, 9, 9]


def test_the_engine_of_deepspeed_runs_its_model() -> None:
    code = """
    import deepspeed, torch
    from data import loader, args
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Softmax(dim=1))
    engine, *_ = deepspeed.initialize(args=args, model=model)
    for x, y in loader:
        engine.backward(torch.nn.functional.cross_entropy(engine(x), y))
        engine.step()
    """
    assert findings(code) == [(4, "NN201")]


APEX = """
import torch
from apex import amp
from data import loader
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model, optimizer = amp.initialize(model, optimizer, opt_level="O1")
for x, y in loader:
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    with amp.scale_loss(loss, optimizer) as scaled:
        scaled.backward()
    optimizer.step()
"""


def test_apex_scales_the_loss_and_nothing_more() -> None:
    assert findings(APEX) == []
    assert findings(APEX.replace("    optimizer.zero_grad()\n", "")) == [(11, "NN101")]


TPU = """
import torch
import torch_xla.core.xla_model as xm
from data import loader
model = torch.nn.Linear(3, 2).to(xm.xla_device())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    xm.optimizer_step(optimizer, barrier=True)
"""


def test_a_step_on_tpu_is_a_step_of_the_optimizer() -> None:
    assert findings(TPU) == []
    assert findings(TPU.replace("    optimizer.zero_grad()\n", "")) == [(8, "NN101")]


TIMM = """
import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.utils import NativeScaler
from data import loader
model = torch.nn.Linear(3, 2)
optimizer = create_optimizer_v2(model, opt="adamw", lr=1e-3)
scheduler, num_epochs = create_scheduler_v2(optimizer, sched="cosine", num_epochs=30)
loss_scaler = NativeScaler()
for epoch in range(num_epochs):
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss_scaler(loss, optimizer, clip_grad=1.0, parameters=model.parameters())
    scheduler.step(epoch)
"""


def test_the_loss_scaler_of_timm_goes_backward_and_steps() -> None:
    assert findings(TIMM) == []
    assert findings(TIMM.replace("        optimizer.zero_grad()\n", "")) == [(14, "NN101")]


def test_a_factory_makes_an_optimizer_over_the_model() -> None:
    assert findings(TIMM.replace("optimizer.zero_grad()", "model.zero_grad()")) == []
    other = TIMM.replace("optimizer.zero_grad()", "torch.nn.Linear(1, 1).zero_grad()")
    assert findings(other) == [(15, "NN101")]


def test_ignite_clears_by_itself_and_computes_the_loss() -> None:
    code = """
    import torch
    from ignite.engine import create_supervised_trainer
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Softmax(dim=1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = create_supervised_trainer(model, optimizer, torch.nn.CrossEntropyLoss())
    trainer.run(loader, max_epochs=3)
    """
    assert findings(code) == [(4, "NN201")]


# --- gradients that do not accumulate -----------------------------------------------------


def test_distributed_autograd_keeps_gradients_for_each_context() -> None:
    code = """
    import torch.distributed.autograd as dist_autograd
    from torch.distributed.optim import DistributedOptimizer
    from torch import optim
    from data import loader, model, references
    opt = DistributedOptimizer(optim.SGD, references, lr=0.05)
    for x, y in loader:
        with dist_autograd.context() as context_id:
            loss = model(x, y)
            dist_autograd.backward(context_id, [loss])
            opt.step(context_id)
    """
    assert findings(code) == []
    assert program(code).rows(GradientsTaken) == [10, 10]


@pytest.mark.parametrize(
    "body",
    [
        "grads = torch.func.grad(compute)(dict(model.named_parameters()), x)",
        "grads, value = functorch.grad_and_value(compute)(parameters, x)",
    ],
)
def test_functional_gradients_are_values(body: str) -> None:
    code = f"""
import torch, functorch
from data import loader, compute, parameters
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x in loader:
    {body}
    model(x).sum().backward()
    optimizer.step()
"""
    assert findings(code) == []


@pytest.mark.parametrize(
    "code",
    [
        """
        import higher, torch
        from data import tasks
        model = torch.nn.Linear(3, 2)
        inner = torch.optim.SGD(model.parameters(), lr=0.1)
        outer = torch.optim.Adam(model.parameters())
        for x, y in tasks:
            outer.zero_grad()
            with higher.innerloop_ctx(model, inner) as (fast, steps):
                for _ in range(5):
                    steps.step(torch.nn.functional.cross_entropy(fast(x), y))
                torch.nn.functional.cross_entropy(fast(x), y).backward()
            outer.step()
        """,
        """
        import torch
        from sam import SAM
        from data import loader
        model = torch.nn.Linear(3, 2)
        optimizer = SAM(model.parameters(), torch.optim.SGD, lr=0.1)
        for x, y in loader:
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.first_step(zero_grad=True)
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.second_step(zero_grad=True)
        """,
        """
        import torch
        from skorch import NeuralNetClassifier
        from fastai.vision.all import Learner
        from data import x, y, loaders
        model = torch.nn.Linear(3, 2)
        NeuralNetClassifier(model, max_epochs=10).fit(x, y)
        Learner(loaders, model, loss_func=torch.nn.CrossEntropyLoss()).fit_one_cycle(3)
        """,
    ],
)
def test_what_other_libraries_do_inside_is_left_to_them(code: str) -> None:
    assert findings(code) == []


# --- optimizers of other packages ---------------------------------------------------------


@pytest.mark.parametrize(
    ("imports", "made"),
    [
        ("from transformers import Adafactor", "Adafactor(model.parameters())"),
        ("from transformers.optimization import Adafactor", "Adafactor(model.parameters())"),
        ("import bitsandbytes as bnb", "bnb.optim.Adam8bit(model.parameters(), lr=1e-4)"),
        ("from timm.optim import Lookahead", "Lookahead(torch.optim.Adam(model.parameters()))"),
        (
            "from torch.distributed.optim import ZeroRedundancyOptimizer",
            "ZeroRedundancyOptimizer(model.parameters(), torch.optim.Adam, lr=0.1)",
        ),
        (
            "import horovod.torch as hvd",
            "hvd.DistributedOptimizer(torch.optim.Adam(model.parameters()))",
        ),
        ("from timm.optim import create_optimizer", "create_optimizer(options, model)"),
    ],
)
def test_optimizers_of_other_packages_do_not_clear_either(imports: str, made: str) -> None:
    code = f"""
import torch
{imports}
from data import loader, options
model = torch.nn.Linear(3, 2)
optimizer = {made}
for x, y in loader:
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
    assert findings(code) == []
    assert findings(code.replace("    optimizer.zero_grad()\n", "")) == [(8, "NN101")]


def test_averaging_weights_has_a_schedule_of_its_own() -> None:
    code = """
    import torch
    from torch.optim.swa_utils import AveragedModel, SWALR
    from data import loader
    model = torch.nn.Linear(3, 2)
    average = AveragedModel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = SWALR(optimizer, swa_lr=0.05)
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        average.update_parameters(model)
        schedule.step()
    """
    assert findings(code) == []
    run = program(code)
    assert run.rows(OptimizerStepped) == [12, 12]
    assert run.rows(ScheduleStepped) == [14, 14]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("torch.optim.swa_utils.SWALR", "torch.optim.swa_utils.SWALR"),
        ("torch.optim.adam.Adam", "torch.optim.Adam"),
        ("pytorch_lightning.LightningModule", "lightning.pytorch.LightningModule"),
        ("pytorch_lightning.core.lightning.LightningModule", "lightning.pytorch.LightningModule"),
        ("lightning.Trainer", "lightning.pytorch.Trainer"),
        ("lightning_fabric.Fabric", "lightning.fabric.Fabric"),
        ("accelerate.accelerator.Accelerator", "accelerate.Accelerator"),
        ("diffusers.optimization.get_scheduler", "transformers.get_scheduler"),
    ],
)
def test_trainers_have_one_path_each(written: str, meant: str) -> None:
    assert canonical(written) == meant


def test_switching_the_mode_of_a_model_clears_nothing() -> None:
    code = """
    import torch
    def fit(model, loader, criterion):
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in loader:
            model.{call}
            criterion(model(x), y).backward()
            optimizer.step()
    """
    assert findings(code.format(call="train()")) == [(7, "NN101")]
    assert findings(code.format(call="train(True)")) == [(7, "NN101")]
    assert findings(code.format(call="train_on(loader)")) == []


def test_a_scaler_that_may_be_missing_is_not_called_then() -> None:
    code = """
    import torch
    from timm.utils import NativeScaler
    from options import args, loader
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss_scaler = None
    if args.amp:
        loss_scaler = NativeScaler()
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        if loss_scaler is not None:
            loss_scaler(loss, optimizer)
        else:
            loss.backward()
            optimizer.step()
    """
    assert findings(code) == [(13, "NN101"), (15, "NN101")]


def test_unscaling_gradients_clears_nothing() -> None:
    code = """
    def train(model, optimizer, loader, criterion, scaler):
        for x, y in loader:
            scaler.scale(criterion(model(x), y)).backward()
            scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
    """
    assert findings(code) == [(4, "NN101")]
