"""A net, a dataset and a trial so small that training takes milliseconds; for tests of the engine alone."""

import torch
from torch import Tensor, nn

from archviz.blocks.optimizers import SGD
from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs, ModelConfig, Recipe, Setup
from archviz.core.spec import Trial
from archviz.core.tap import Tap
from archviz.engine.tasks import Classification


class Blobs:
    """Three clouds of points."""

    class Config(DatasetConfig):
        @property
        def inputs(self) -> Inputs:
            return Inputs(shape=(4,))

        @property
        def outputs(self) -> int:
            return 3

    def __init__(self, config: Config) -> None:
        pass

    def load(self) -> Splits:
        generator = torch.Generator().manual_seed(0)
        targets = torch.randint(3, (300,), generator=generator)
        points = torch.randn(300, 4, generator=generator) + targets[:, None]
        parts = [Pairs(points[s], targets[s]) for s in (slice(200), slice(200, 250), slice(250, None))]
        return Splits(*parts)


class TinyNet(nn.Module):
    """Two layers with dropout between, so that the random state matters."""

    class Config(ModelConfig):
        width: int = 16
        dropout: float = 0.2

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.first = nn.Linear(4, config.width)
        self.tap = Tap("b d")
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.BatchNorm1d(config.width)
        self.last = nn.Linear(config.width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.norm(self.dropout(torch.relu(self.tap(self.first(x))))))


def setup(lr: float = 0.1, steps: int = 60) -> Setup:
    return Setup(
        model=TinyNet.Config(),
        recipe=Recipe(
            dataset=Blobs.Config(),
            task=Classification.Config(),
            optimizer=SGD.Config(lr=lr, momentum=0.9),
            steps=steps,
            batch_size=32,
            schedule="cosine",
        ),
    )


def trial(seed: int = 0, lr: float = 0.1, steps: int = 60) -> Trial:
    return Trial(experiment="test/tiny", arm="A", x=None, seed=seed, setup=setup(lr, steps))
