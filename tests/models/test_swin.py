import pytest
import torch
import torchvision
from pydantic import ValidationError
from torch import Tensor, nn

from archviz.blocks.grid_attention import NoPositionBias, RelativePositionBias
from archviz.blocks.norm import GroupNorm, LayerNorm
from archviz.blocks.window_attention import FixedWindows, ShiftedWindows, WindowAttention
from archviz.core.config import Config, swap
from archviz.core.record import Record
from archviz.engine.capture import watching
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.swin import MODELS, Swin, from_torchvision, small_swin
from tests.models.reference import randomize, reference_macs

BY_NAME = {model.name: model for model in MODELS}

COSTS = [
    ("swin_t", 28_288_354, 4_490_566_656),
    ("swin_s", 49_606_258, 8_740_875_264),
    ("swin_b", 87_768_224, 15_430_946_816),
]


def fixed(config: Swin.Config) -> Swin.Config:
    return swap(config, ShiftedWindows.Config, lambda windows: FixedWindows.Config(size=windows.size))


def built(config: Swin.Config) -> Swin:
    model: Swin = config.build().eval()
    initialize(model, seed=0)
    return model


def sources(model: Swin, row: int, column: int) -> Tensor:
    """Which patches, `h w`, the last block's output at one patch depends on."""
    found = {}
    handle = model.stages[-1].blocks[-1].register_forward_hook(lambda *call: found.update(x=call[2]))
    image = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)).requires_grad_()
    model(image)
    handle.remove()
    found["x"][0, 8 * row + column].square().sum().backward()
    pixels = image.grad[0].abs().sum(0)
    return pixels.view(8, 2, 8, 2).sum((1, 3)) > 0  # a patch is 2x2 pixels


def test_every_paper_preset_is_checked() -> None:
    assert {model.name for model in MODELS if model.scale == "paper"} == {name for name, *_ in COSTS}


@pytest.mark.parametrize(("name", "parameters", "macs"), COSTS)
def test_parameters_and_macs_are_as_published(name: str, parameters: int, macs: int) -> None:
    found = cost(BY_NAME[name].config, BY_NAME[name].inputs)
    assert (found.parameters, found.macs) == (parameters, macs)
    published = torchvision.models.get_model_weights(name).DEFAULT.meta
    assert (published["num_params"], published["_ops"]) == (parameters, round(macs / 1e9, 3))


def test_names_macs_and_dropped_branches_are_torchvisions() -> None:
    with torch.device("meta"):
        ours, theirs = BY_NAME["swin_b"].config.build(), torchvision.models.swin_b()
    renamed = from_torchvision(theirs.state_dict())
    assert {key: value.shape for key, value in renamed.items()} == {k: v.shape for k, v in ours.state_dict().items()}
    assert reference_macs(theirs, 1, 3, 224, 224) == COSTS[-1][-1]
    rates = [block.stochastic_depth.rate for stage in ours.stages for block in stage.blocks]
    expected = [block.stochastic_depth.p for stage in theirs.features[1::2] for block in stage]
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize("size", [160, 224], ids=["padded windows and odd grids", "as published"])
def test_outputs_are_torchvisions(size: int) -> None:
    theirs = torchvision.models.swin_t().eval()
    randomize(theirs)
    ours = BY_NAME["swin_t"].config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    x = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = theirs(x)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(x), expected, atol=1e-4, rtol=1e-4)
        with watching(ours, None):
            torch.testing.assert_close(ours(x), expected, atol=1e-4, rtol=1e-4)


def test_windows_cost_grows_linearly_with_the_number_of_patches() -> None:
    inputs = BY_NAME["swin_t"].inputs
    small, large = (cost(Swin.Config(), inputs.replace(shape=(3, size, size))).macs for size in (224, 448))
    assert large / small == pytest.approx(4, rel=0.001)


def test_news_crosses_the_border_of_windows_only_if_they_are_shifted() -> None:
    window = torch.zeros(8, 8, dtype=torch.bool)
    window[:4, :4] = True
    assert torch.equal(sources(built(fixed(small_swin())), 3, 3), window)
    assert sources(built(small_swin()), 3, 3).all()


def test_shifting_changes_no_parameter() -> None:
    shifted, still = built(small_swin()).state_dict(), built(fixed(small_swin())).state_dict()
    assert shifted.keys() == still.keys()
    assert all(torch.equal(still[name], value) for name, value in shifted.items())


def test_positions_can_be_left_out_of_the_windows() -> None:
    config = swap(small_swin(), NoPositionBias.Config, lambda _: RelativePositionBias.Config())
    assert config == small_swin()
    config = swap(small_swin(), RelativePositionBias.Config, lambda _: NoPositionBias.Config())
    biased, plain = built(small_swin()).state_dict(), built(config).state_dict()
    assert all(torch.equal(biased[name], value) for name, value in plain.items())
    assert {name.rpartition(".")[0].rpartition(".")[2] for name in biased.keys() - plain.keys()} == {"position_bias"}


@pytest.mark.parametrize("name", ["swin-tiny", "swin-mini"])
@pytest.mark.parametrize("change", [lambda config: config, fixed], ids=["shifted", "fixed"])
def test_playground_presets_train_at_any_resolution(name: str, change: object) -> None:
    config = change(BY_NAME[name].config)
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = built(config).train()
    for size in (16, 20):
        x = torch.randn(4, config.in_channels, size, size, generator=torch.Generator().manual_seed(0))
        nn.functional.cross_entropy(model(x), torch.arange(4)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_patches_become_fewer_and_wider() -> None:
    model = built(BY_NAME["swin-mini"].config)
    with torch.no_grad():
        x = model.patches(torch.randn(2, 1, 16, 16))
        shapes = [tuple((x := stage(x)).shape) for stage in model.stages]
    assert shapes == [(2, 64, 16), (2, 16, 32)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (LayerNorm.Config, GroupNorm.Config(groups=5), "24 channels do not divide into 5 groups; use 4 or 6"),
        (
            WindowAttention.Config,
            WindowAttention.Config(head_width=16),
            "width 24 does not divide into heads of width 16; use 12 or 24",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_advice(old: type[Config], new: Config, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        swap(small_swin(), old, lambda _: new)


def test_other_mistakes_are_said_in_words() -> None:
    with pytest.raises(ValidationError, match="a stage needs at least one block"):
        small_swin(depths=(2, 0))
    model = built(small_swin())
    with pytest.raises(ValueError, match="an image of 16 x 20, but windows need a square one"):
        model(torch.randn(1, 3, 16, 20))
    with pytest.raises(ValueError, match="patch_size 2 does not divide image size 15; use 1 or 3"):
        model(torch.randn(1, 3, 15, 15))


def test_the_default_of_the_class_is_swin_t_without_stochastic_depth() -> None:
    with torch.device("meta"):
        model = Swin.Config().build()
    assert sum(p.numel() for p in model.parameters()) == COSTS[0][1]
