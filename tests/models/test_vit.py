import pytest
import torch
import torchvision
from pydantic import ValidationError
from torch import Tensor, nn
from torchvision.models.vision_transformer import interpolate_embeddings

from archviz.blocks.grid_attention import GridAttention, NoPositionBias, RelativePositionBias
from archviz.blocks.patches import PatchEmbedding
from archviz.blocks.positions import LearnedPositions, NoPositions, SinusoidalPositions
from archviz.blocks.transformer_block import PostNormBlock, PreNormBlock
from archviz.core.config import Config, edit, swap
from archviz.core.record import Record
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.vit import MODELS, ClassToken, MeanOfPatches, ViT, from_torchvision, small_vit
from tests.models.reference import randomize, reference_macs

BY_NAME = {model.name: model for model in MODELS}

COSTS = [("vit_b_16", 86_567_656, 17_563_828_224), ("vit_l_16", 304_326_632, 61_554_712_576)]


def with_positions(kind: str) -> ViT.Config:
    """The small model that knows places not at all, by a vector for each, or by a bias for each offset."""
    config = small_vit() if kind == "absolute" else small_vit().replace(positions=NoPositions.Config())
    if kind == "relative":
        return swap(config, NoPositionBias.Config, lambda _: RelativePositionBias.Config(reach=config.grid - 1))
    return config


def built(config: ViT.Config, *, strong: bool = False) -> ViT:
    model: ViT = config.build().eval()
    initialize(model, seed=0)
    for name, parameter in model.named_parameters():
        if strong and name.endswith(("positions.weight", "position_bias.weight")):
            nn.init.normal_(parameter)
    return model


def images(size: int = 16, count: int = 4) -> Tensor:
    return torch.randn(count, 1, size, size, generator=torch.Generator().manual_seed(1))


def test_every_paper_preset_is_checked() -> None:
    assert {model.name for model in MODELS if model.scale == "paper"} == {name for name, *_ in COSTS}


@pytest.mark.parametrize(("name", "parameters", "macs"), COSTS)
def test_parameters_macs_and_names_are_torchvisions(name: str, parameters: int, macs: int) -> None:
    architecture = BY_NAME[name]
    found = cost(architecture.config, architecture.inputs)
    assert (found.parameters, found.macs) == (parameters, macs)
    with torch.device("meta"):
        ours, theirs = architecture.config.build(), getattr(torchvision.models, name)()
    assert reference_macs(theirs, 1, 3, 224, 224) == macs
    renamed = from_torchvision(theirs.state_dict())
    assert {key: value.shape for key, value in renamed.items()} == {k: v.shape for k, v in ours.state_dict().items()}


@pytest.mark.parametrize(("name", "width", "layers"), [("vit_b_16", 768, 12), ("vit_l_16", 1024, 24)])
def test_macs_are_those_of_the_closed_form(name: str, width: int, layers: int) -> None:
    length, patch = 197, 3 * 16 * 16
    projections, feedforward, attention = 4 * length * width**2, 8 * length * width**2, 2 * length**2 * width
    expected = (length - 1) * patch * width + layers * (projections + feedforward + attention) + 1000 * width
    assert cost(BY_NAME[name].config, BY_NAME[name].inputs).macs == expected


def test_outputs_are_torchvisions() -> None:
    theirs = torchvision.models.vit_b_16().eval()
    randomize(theirs)
    ours = BY_NAME["vit_b_16"].config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = theirs(x)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(x), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", [8, 24])
def test_resizing_interpolates_positions_like_torchvision(size: int) -> None:
    config = small_vit().replace(summary=ClassToken.Config())
    model = built(config)
    larger = model.resized(size)
    state = {"encoder.pos_embedding": model.positions.weight.detach()[None]}
    expected = interpolate_embeddings(size, 4, state)["encoder.pos_embedding"][0]
    torch.testing.assert_close(larger.positions.weight.detach(), expected)
    assert larger(images(size)).shape == (4, 10)
    assert not larger.training
    others = dict(larger.named_parameters())
    assert all(torch.equal(p, others[name]) for name, p in model.named_parameters() if name != "positions.weight")


@pytest.mark.parametrize("kind", ["none", "absolute", "relative"])
def test_every_kind_of_positions_runs_at_another_resolution(kind: str) -> None:
    model = built(with_positions(kind), strong=True)
    with pytest.raises(ValueError, match=r"an image of 24 x 24, but this model takes 16 x 16; resized\(n\)"):
        model(images(24))
    assert model.resized(24)(images(24)).shape == (4, 10)
    torch.testing.assert_close(model.resized(16)(images()), model(images()))


def test_sinusoidal_positions_can_be_resized_as_well() -> None:
    model = built(small_vit().replace(positions=SinusoidalPositions.Config()))
    assert model.resized(24)(images(24)).shape == (4, 10)


@pytest.mark.parametrize("summary", [ClassToken.Config(), MeanOfPatches.Config()], ids=lambda part: part.kind)
@pytest.mark.parametrize(("kind", "notices"), [("none", False), ("absolute", True), ("relative", True)])
def test_only_positions_tell_an_image_from_its_patches_shuffled(kind: str, notices: bool, summary: Config) -> None:
    model = built(with_positions(kind).replace(summary=summary), strong=True)
    with torch.no_grad():
        patches = model.patches(images())
        shuffled = patches[:, torch.randperm(16, generator=torch.Generator().manual_seed(5))]
        change = (model.classify(patches) - model.classify(shuffled)).abs().max()
    assert change > 0.01 if notices else change < 1e-5


def test_the_kinds_of_positions_share_all_other_parameters() -> None:
    models = {kind: dict(built(with_positions(kind)).named_parameters()) for kind in ("none", "absolute", "relative")}
    for kind, extra in (("absolute", {"positions.weight"}), ("relative", {"position_bias.weight"})):
        assert all(torch.equal(models[kind][name], p) for name, p in models["none"].items())
        names = set(models[kind]) - set(models["none"])
        assert names and all(any(name.endswith(end) for end in extra) for name in names)


@pytest.mark.parametrize(
    "config",
    [
        *(with_positions(kind) for kind in ("none", "absolute", "relative")),
        small_vit().replace(summary=ClassToken.Config()),
        swap(small_vit(), PreNormBlock.Config, lambda block: PostNormBlock.Config(**dict(block))),
    ],
)
def test_variants_train_and_survive_json(config: ViT.Config) -> None:
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = built(config).train()
    nn.functional.cross_entropy(model(images()), torch.arange(4)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: small_vit(image_size=28, patch_size=5), "patch_size 5 does not divide image size 28; use 4 or 7"),
        (lambda: small_vit(image_size=28, patch_size=32), "patch_size 32 does not divide image size 28; use 28"),
        (lambda: small_vit(heads=5), "width 32 does not divide into 5 heads; use 4 or 8"),
        (lambda: edit(small_vit(), "", positions=SinusoidalPositions.Config(), width=33), "use 32 or 34|heads"),
        (lambda: small_vit(layers=0), "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_built_is_said_in_words(change: object, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        change()


def test_an_image_that_patches_do_not_fill_is_refused_in_words() -> None:
    embedding = PatchEmbedding.Config(patch_size=5).build(1, 8)
    with pytest.raises(ValueError, match="patch_size 5 does not divide image size 28; use 4 or 7"):
        embedding(torch.randn(1, 1, 28, 28))


def test_with_a_class_token_the_bias_learns_in_all_layers_but_the_last() -> None:
    """There only the class token is read, and to it all patches are equally far."""
    model = built(with_positions("relative").replace(summary=ClassToken.Config()))
    model(images()).square().sum().backward()
    learns = [block.attention.position_bias.weight.grad.any().item() for block in model.blocks]
    assert learns == [True, False]


def test_patches_are_read_row_by_row() -> None:
    embedding = PatchEmbedding.Config(patch_size=4).build(1, 8)
    x = torch.zeros(1, 1, 8, 12)
    x[:, :, 4:, 8:] = 1  # second row, third column
    changed = (embedding(x) - embedding(torch.zeros_like(x))).abs().amax(-1)[0] > 0
    assert changed.tolist() == [False] * 5 + [True]


def test_the_default_of_the_class_is_vit_b_16() -> None:
    assert BY_NAME["vit_b_16"].config == ViT.Config()
    assert isinstance(ViT.Config().positions, LearnedPositions.Config)
    assert isinstance(ViT.Config().block.attention, GridAttention.Config)
