"""Published weights: what torchvision publishes for our architectures - where it lies, how it is fetched and loaded.

Files are looked for in `ARCHVIZ_HOME/weights` and in the cache of torch.hub; downloads go to the first. A `.pth` file
is read with `weights_only`, which builds tensors and runs nothing; a `.safetensors` file of the same name does as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archviz.core.download import Progress, fetch
from archviz.core.home import home
from archviz.core.record import Record
from archviz.core.spec import Architecture
from archviz.models import alexnet, efficientnet, googlenet, inception_v3, mobilenet_v2, resnet, swin, vgg, vit

if TYPE_CHECKING:
    from torch import Tensor, nn

KeyMap = Callable[[Mapping[str, "Tensor"]], dict[str, "Tensor"]]

FAMILIES: Mapping[str, KeyMap] = {
    "alexnet": alexnet.from_torchvision,
    "vgg": vgg.from_torchvision,
    "resnet": resnet.from_torchvision,
    "resnext": resnet.from_torchvision,
    "googlenet": googlenet.from_torchvision,
    "inception_v3": inception_v3.from_torchvision,
    "mobilenet_v2": mobilenet_v2.from_torchvision,
    "efficientnet": efficientnet.from_torchvision,
    "vit": vit.from_torchvision,
    "swin": swin.from_torchvision,
}
"""From torchvision's names of the parameters to ours, by how the name of an architecture begins."""
WITHOUT_HEADS = ("googlenet",)
"""Presets whose published weights hold auxiliary heads that the preset does not have."""
OTHER_NAMES = {"googlenet-aux": "googlenet"}
"""Presets whose weights are published under another name."""
CENTRED = ("googlenet", "inception_v3")
"""Architectures whose published weights expect pixels from -1 to 1 (torchvision's `transform_input`)."""
TRAINED_ON_IMAGENET = re.compile(r"IMAGENET1K_V\d+")
"""Editions trained on ImageNet-1k alone, as classifiers, at the published size."""


class WeightsUnavailable(RuntimeError):
    """Published weights that cannot be had or used now; the message says in one sentence what to do."""


class Edition(Record):
    """One file of published weights."""

    architecture: str
    edition: str
    """Torchvision's name, for instance IMAGENET1K_V2."""
    url: str
    file: str
    """Name of the file, which ends with the start of its SHA-256."""
    mebibytes: float
    accuracy: float
    """Published top-1 accuracy on ImageNet in per cent."""

    @property
    def source(self) -> str:
        """What they are, for a reader."""
        return f"torchvision {self.edition}, {self.accuracy:.1f} % top-1 on ImageNet, {self.mebibytes:.0f} MiB"

    @property
    def sha256(self) -> str:
        """How the SHA-256 of the file begins."""
        return Path(self.file).stem.rpartition("-")[2]


class Preparation(Record):
    """How an image becomes an input: the shorter side to `resize`, the middle `crop` pixels, then (x - mean) / std."""

    resize: int
    crop: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"


def editions(model: Architecture) -> tuple[Edition, ...]:
    """The weights that torchvision publishes for this architecture, the best first; often none."""
    return tuple(_edition(model, member) for member in _members(model))


def best(model: Architecture) -> Edition | None:
    """The edition to use: the best one that is on disk, else the best one; none where nothing is published."""
    found = editions(model)
    return next((one for one in found if locate(one)), found[0] if found else None)


def folders() -> tuple[Path, ...]:
    """Where weights are looked for; the first is where they are downloaded to."""
    import torch

    return home() / "weights", Path(torch.hub.get_dir()) / "checkpoints"


def locate(edition: Edition) -> Path | None:
    """The file on this machine, or none."""
    names = (edition.file, str(Path(edition.file).with_suffix(".safetensors")))
    return next((folder / name for folder in folders() for name in names if (folder / name).is_file()), None)


def obtain(edition: Edition, progress: Progress | None = None) -> Path:
    """The file, downloaded if it is not here. Raises WeightsUnavailable with a sentence."""
    found = locate(edition)
    if found is not None:
        return found
    path = folders()[0] / edition.file
    try:
        fetch(edition.url, path, progress=progress, sha256=edition.sha256)
    except OSError as error:
        cause = getattr(error, "reason", error)  # urllib wraps what happened
        reason = getattr(cause, "strerror", None) or cause
        raise WeightsUnavailable(
            f"The published weights of {edition.architecture} could not be downloaded ({reason}). Connect to the "
            f"internet once, put {edition.file} under {path.parent}, or look at the untrained network."
        ) from error
    return path


def load(model: Architecture, edition: Edition, path: Path) -> nn.Module:
    """The model with the weights of this file, in eval mode. Raises WeightsUnavailable.

    They are read into torchvision's own model first, without memory of its own: it knows the names of old files.
    """
    import torch

    try:
        state = _read(path)
        with torch.device("meta"):
            theirs, ours = _theirs(model), model.config.build()
        theirs.load_state_dict(state, strict=True, assign=True)
        renamed = _map(model)(theirs.state_dict())
        if model.name in WITHOUT_HEADS:
            renamed = {key: value for key, value in renamed.items() if not key.startswith("auxiliary.")}
        ours.load_state_dict(renamed, strict=True, assign=True)
    except Exception as error:  # whatever a file holds: unpickling alone raises a dozen kinds
        raise WeightsUnavailable(
            f"{path} does not hold the published weights of {edition.architecture}. Delete it and try again."
        ) from error
    built: nn.Module = ours.eval().requires_grad_(False)
    return built


def preparation(model: Architecture, edition: Edition | None) -> Preparation:
    """How an image is prepared: as the weights were trained, or without weights to the model's own size in [-1, 1]."""
    channels, size, _ = model.inputs.shape
    centre = (0.5,) * channels
    if edition is None:
        return Preparation(resize=size, crop=size, mean=centre, std=centre)
    member = next(one for one in _members(model) if one.name == edition.edition)
    preset = member.transforms()
    own = _name(model) in CENTRED
    return Preparation(
        resize=preset.resize_size[0],
        crop=preset.crop_size[0],
        mean=centre if own else tuple(preset.mean),
        std=centre if own else tuple(preset.std),
        interpolation=preset.interpolation.value,
    )


def classes(model: Architecture, edition: Edition) -> tuple[str, ...]:
    """The names of ImageNet's classes in the order of the logits."""
    return tuple(next(one for one in _members(model) if one.name == edition.edition).meta["categories"])


def _name(model: Architecture) -> str:
    return OTHER_NAMES.get(model.name, model.name)


def _map(model: Architecture) -> KeyMap:
    return next(found for family, found in FAMILIES.items() if _name(model).startswith(family))


def _members(model: Architecture) -> list[Any]:
    """Torchvision's enumeration of weights, the newest first."""
    if model.scale != "paper":
        return []
    from torchvision.models import get_model_weights, list_models

    if _name(model) not in list_models() or not any(_name(model).startswith(family) for family in FAMILIES):
        return []
    found = [one for one in get_model_weights(_name(model)) if TRAINED_ON_IMAGENET.fullmatch(one.name)]
    return sorted(found, key=lambda one: one.name, reverse=True)


def _edition(model: Architecture, member: Any) -> Edition:
    return Edition(
        architecture=model.name,
        edition=member.name,
        url=member.url,
        file=member.url.rpartition("/")[2],
        mebibytes=member.meta["_file_size"],
        accuracy=member.meta["_metrics"]["ImageNet-1K"]["acc@1"],
    )


def _theirs(model: Architecture) -> nn.Module:
    from torchvision.models import get_model

    options = {"init_weights": False} if _name(model) in CENTRED else {}
    if _name(model) == "googlenet":
        options["aux_logits"] = True
    theirs: nn.Module = get_model(_name(model), weights=None, **options)
    return theirs


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state
