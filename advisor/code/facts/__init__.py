"""What rules may look at: facts, put together once from the events of an abstract run."""

from advisor.code.facts.run import AbstractRun, Fact

__all__ = ["AbstractRun", "Fact"]
