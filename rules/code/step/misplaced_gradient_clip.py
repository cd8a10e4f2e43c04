"""misplaced-gradient-clip: gradients are clipped where it has no effect, or the wrong one."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.code.facts.steps import OptimizerStep, in_same_rounds
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN108",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("spikes", "divergence", "non-finite"),
    sources=("002",),
)
def misplaced_gradient_clip(step: OptimizerStep) -> Iterator[Draft]:
    backward, clips = step.last_backward(), list(step.clips())
    if backward is None or not clips:
        return
    effective = [clip for clip in clips if clip.index > backward.index]
    if not effective:
        for clip in clips:
            if not step.has_gradients_at(clip):
                previous = step.previous
                late = previous is not None and in_same_rounds(clip, previous)
                where = "after the step that should use them" if late else "before `backward`"
                yield step.finding_at(clip, f"`{clip.text}` clips gradients {where}")
        return
    alone = {clip.place.node: clip for clip in step.clips_one_by_one()}
    for clip in alone.values():
        message = f"`{clip.text}` clips each gradient by itself, which turns the step elsewhere"
        yield replace(step.finding_at(clip, message), severity=Severity.WARNING)
    if all(step.is_scaled_at(clip, backward) for clip in effective):
        yield step.finding_at(
            effective[-1], f"`{effective[-1].text}` clips gradients before they are unscaled"
        )
