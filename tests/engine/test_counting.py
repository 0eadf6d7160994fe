from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archviz.engine.counting import Counter, NoFormula


def macs(run: Callable[[], object]) -> int:
    with torch.no_grad(), torch.device("meta"), Counter() as counter:
        run()
    return counter.macs


def randn(*shape: int) -> Tensor:
    return torch.randn(*shape, device="meta")


CASES: list[tuple[str, Callable[[], object], int]] = [
    ("linear", lambda: F.linear(randn(2, 7, 5), randn(3, 5), randn(3)), 2 * 7 * 5 * 3),
    ("linear of one vector", lambda: F.linear(randn(5), randn(3, 5)), 5 * 3),
    ("matrix by vector", lambda: randn(4, 6) @ randn(6), 4 * 6),
    ("inner product", lambda: torch.dot(randn(9), randn(9)), 9),
    ("batched product", lambda: randn(2, 3, 4, 5) @ randn(2, 3, 5, 6), 2 * 3 * 4 * 5 * 6),
    ("product and sum", lambda: torch.baddbmm(randn(2, 4, 6), randn(2, 4, 5), randn(2, 5, 6)), 2 * 4 * 5 * 6),
    ("einsum", lambda: torch.einsum("bid,bjd->bij", randn(2, 3, 5), randn(2, 4, 5)), 2 * 3 * 4 * 5),
    ("convolution", lambda: F.conv2d(randn(2, 3, 9, 9), randn(4, 3, 3, 3), stride=2), 2 * 4 * 4 * 4 * 3 * 9),
    ("grouped", lambda: F.conv2d(randn(1, 8, 5, 5), randn(8, 2, 3, 3), groups=4, padding=1), 8 * 25 * 2 * 9),
    ("depthwise, one dimension", lambda: F.conv1d(randn(1, 6, 10), randn(6, 1, 4), groups=6), 6 * 7 * 4),
    ("three dimensions", lambda: F.conv3d(randn(1, 2, 4, 4, 4), randn(3, 2, 2, 2, 2)), 3 * 27 * 2 * 8),
    ("transposed", lambda: F.conv_transpose2d(randn(1, 3, 4, 4), randn(3, 5, 2, 2), stride=2), 3 * 16 * 5 * 4),
    (
        "attention",
        lambda: F.scaled_dot_product_attention(randn(2, 3, 7, 4), randn(2, 3, 9, 4), randn(2, 3, 9, 5)),
        2 * 3 * 7 * 9 * (4 + 5),
    ),
    ("elementwise work", lambda: randn(9).softmax(0) * F.layer_norm(randn(9), (9,)) + F.gelu(randn(9)), 0),
    ("LSTM, step by step", lambda: nn.LSTM(3, 5, device="meta")(randn(6, 2, 3)), 6 * 2 * 4 * 5 * (3 + 5)),
    ("GRU, step by step", lambda: nn.GRU(3, 5, device="meta")(randn(6, 2, 3)), 6 * 2 * 3 * 5 * (3 + 5)),
]


@pytest.mark.parametrize(("run", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_macs_are_those_of_the_closed_form(run: Callable[[], object], expected: int) -> None:
    assert macs(run) == expected


@pytest.mark.parametrize("run", [case[1] for case in CASES[:13]], ids=[case[0] for case in CASES[:13]])
def test_torchs_own_counter_agrees_where_it_counts(run: Callable[[], object]) -> None:
    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        run()
    if flops.get_total_flops():
        assert macs(run) == flops.get_total_flops() // 2


def test_fused_attention_on_the_cpu_counts_the_same() -> None:
    q, k = torch.randn(1, 2, 16, 8), torch.randn(1, 2, 16, 8)
    with torch.no_grad(), Counter() as counter:
        F.scaled_dot_product_attention(q, k, k, is_causal=True)
    assert counter.macs == 2 * 16 * 16 * (8 + 8)


def test_an_operation_without_a_formula_is_an_error_not_a_zero() -> None:
    lstm = nn.LSTM(3, 5)  # on the CPU this is one fused operation
    with torch.no_grad(), Counter(), pytest.raises(NoFormula, match="mkldnn_rnn_layer"):
        lstm(torch.randn(6, 2, 3))


def test_bytes_are_those_of_fresh_tensors() -> None:
    x = randn(10, 10)
    with torch.no_grad(), Counter() as counter:
        y = x + 1
        y.view(100)[:50].relu_()
    assert counter.bytes == 400
