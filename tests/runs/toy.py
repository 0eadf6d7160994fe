"""Trials whose speed is known, for tests of the engine process; importable in its workers."""

import time

from torch import Tensor

from archviz.blocks.optimizers import SGD
from archviz.core.setup import ModelConfig, Recipe, Setup
from archviz.core.spec import Trial
from archviz.engine import train
from archviz.engine.tasks import Classification
from tests.engine.tiny import Blobs, TinyNet

train.CHECKPOINT_SECONDS = 0.2  # so that short trials have some


class SlowNet(TinyNet):
    """A net that takes its time on every training step."""

    class Config(ModelConfig):
        width: int = 16
        dropout: float = 0.2
        milliseconds: float = 10.0

    def __init__(self, config: Config) -> None:
        super().__init__(TinyNet.Config(width=config.width, dropout=config.dropout))
        self.seconds = config.milliseconds / 1000

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            time.sleep(self.seconds)
        return super().forward(x)


class HungryNet(TinyNet):
    """A net that cannot be built."""

    class Config(ModelConfig):
        sentence: str

    def __init__(self, config: Config) -> None:
        raise MemoryError(config.sentence)


def setup(model: ModelConfig | None = None, steps: int = 100) -> Setup:
    return Setup(
        model=model or SlowNet.Config(),
        recipe=Recipe(
            dataset=Blobs.Config(),
            task=Classification.Config(),
            optimizer=SGD.Config(lr=0.1, momentum=0.9),
            steps=steps,
            batch_size=32,
            schedule="cosine",
        ),
    )


def trial(seed: int = 0, milliseconds: float = 10.0, steps: int = 100, arm: str = "A") -> Trial:
    model = SlowNet.Config(milliseconds=milliseconds)
    return Trial(experiment="test/toy", arm=arm, x=None, seed=seed, setup=setup(model, steps))
