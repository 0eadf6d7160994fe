"""Recurrent networks and state spaces on the canvas."""

from typing import Any

from pydantic import Field

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.node import Layer, NodeConfig, vectors
from archviz.core.setup import Inputs

MOST_STEPS = 4096


class RecurrentNodeConfig(NodeConfig):
    """What recurrent networks have in common."""

    width: int = Field(32, ge=1, le=8192, description="numbers of the hidden state")
    both_ways: bool = Field(False, description="whether a second network reads the row backwards")

    def _layer(self, factory: Any, gates: int, given: Inputs) -> Layer:
        _, width = vectors(given, self.title)
        options = {"batch_first": True} | ({"bidirectional": True} if self.both_ways else {})
        weights = gates * self.width * (width + self.width) * (1 + self.both_ways)
        return Layer(factory, (width, self.width), options, weights=weights)


class RNNNode:
    """Plain recurrent network: h = tanh(W x + U h), place after place; `l d` to `l d'`."""

    class Config(RecurrentNodeConfig):
        name = "rnn"
        title = "RNN"

        def layer(self, *given: Inputs) -> Layer:
            return self._layer(plain.RNN, 1, given[0])


class LSTMNode:
    """Long short-term memory: a cell that gates write to, clear and read; `l d` to `l d'`."""

    class Config(RecurrentNodeConfig):
        name = "lstm"
        title = "LSTM"

        def layer(self, *given: Inputs) -> Layer:
            return self._layer(plain.LSTM, 4, given[0])


class GRUNode:
    """Gated recurrent unit: an LSTM with fewer gates and no cell; `l d` to `l d'`."""

    class Config(RecurrentNodeConfig):
        name = "gru"
        title = "GRU"

        def layer(self, *given: Inputs) -> Layer:
            return self._layer(plain.GRU, 3, given[0])


class StateSpaceNode:
    """State space: each channel has states that decay at their own rates, a long convolution; `l d` to `l d`."""

    class Config(NodeConfig):
        name = "statespace"
        title = "State space"

        states: int = Field(8, ge=1, le=256, description="states of each channel")

        def layer(self, *given: Inputs) -> Layer:
            length, width = vectors(given[0], "A state space")
            if length > MOST_STEPS:
                from archviz.blocks.assembly.node import Misfit

                raise Misfit(f"A row of {length} is too long for this state space; use at most {MOST_STEPS}.")
            return Layer(plain.StateSpace, (width, self.states), weights=2 * width * self.states)
