"""Counting: multiply-accumulates and written bytes of everything that runs inside a `Counter`."""

import re
from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten


def _matrix_product(_out: Tensor, a: Tensor, b: Tensor, *_: Any) -> int:
    return a.numel() * b.shape[-1]  # (... m k) (... k n): m k n in each matrix of the batch


def _matrix_vector_product(_out: Tensor, a: Tensor, _b: Tensor, *_: Any) -> int:
    return a.numel()


def _convolution(out: Tensor, x: Tensor, weight: Tensor, *rest: Any) -> int:
    transposed = rest[4]  # bias, stride, padding, dilation, transposed, ...
    return (x if transposed else out).numel() * prod(weight.shape[1:])


def _attention(_out: Tensor, q: Tensor, k: Tensor, v: Tensor, *_: Any) -> int:
    return q.numel() * k.shape[-2] + q.shape[:-1].numel() * v.shape[-2] * v.shape[-1]  # scores, then their mixture


FORMULAS: dict[Any, tuple[Callable[..., int], int]] = {
    aten.mm: (_matrix_product, 0),
    aten.bmm: (_matrix_product, 0),
    aten.addmm: (_matrix_product, 1),
    aten.baddbmm: (_matrix_product, 1),
    aten.mv: (_matrix_vector_product, 0),
    aten.dot: (_matrix_vector_product, 0),
    aten.addmv: (_matrix_vector_product, 1),
    aten.convolution: (_convolution, 0),
    aten._scaled_dot_product_flash_attention_for_cpu: (_attention, 0),
    aten._scaled_dot_product_flash_attention: (_attention, 0),
    aten._scaled_dot_product_efficient_attention: (_attention, 0),
    aten._scaled_dot_product_cudnn_attention: (_attention, 0),
}
"""MACs of each operation, and how many of its arguments (an added bias) to leave out first."""

HEAVY = re.compile(r"(?<![a-z])(add|addb|b|badd)?mm(?![a-z])|attention|convolution|rnn|lstm|gru|^_trilinear")
"""Names of operations that multiply and accumulate: one without a formula is an error, never a silent zero."""


class NoFormula(NotImplementedError):
    """An operation that surely multiplies and accumulates, but nobody has said how much."""


class Counter(TorchDispatchMode):
    """Adds up the MACs and the bytes of fresh tensors of all operations that run inside it, in this thread.

    A MAC is one multiplication with its addition in a matrix product, a convolution or attention. Biases, norms,
    activations, softmax, pooling, scans and other elementwise work are not counted, as in published figures; causal
    attention counts in full. Bytes are those of every tensor that is written anew: views and in-place changes are free.
    Raises NoFormula rather than count an operation as nothing.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.macs = 0
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        packet = func._overloadpacket
        outputs = out if isinstance(out, (tuple, list)) else (out,)
        if packet in FORMULAS:
            formula, skipped = FORMULAS[packet]
            self.macs += formula(outputs[0], *args[skipped:])
        elif HEAVY.search(packet.__name__):
            raise NoFormula(f"no MAC formula for {packet}; add one to archviz/engine/counting.py")
        for tensor, declared in zip(outputs, func._schema.returns, strict=False):
            if isinstance(tensor, Tensor) and declared.alias_info is None and packet is not aten._unsafe_view:
                self.bytes += tensor.numel() * tensor.element_size()
        return out
