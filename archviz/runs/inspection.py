"""Inspection: a look into one network with one example - its answer, its activations, its attention, its reasons.

What one pass shows comes first; what takes longer follows map by map, and whoever waits sees each stage.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from archviz.core.colour import images, over, spread
from archviz.core.record import Record
from archviz.core.results import Heatmap, Images, Profile, Result
from archviz.core.spec import Architecture
from archviz.runs import limits, published, text
from archviz.runs.published import Edition, Preparation, WeightsUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor, nn

    from archviz.core.picture import Picture
    from archviz.core.tap import Capture

Weights = Literal["published", "untrained", "trained"]
Watch = Callable[[str, float | None], None]
"""Told what is being done, and the share of it that is done where that is known; may raise `Ended`."""

SEED = 0
"""Of the weights of an untrained network."""
GUESSES = 5
CHANNELS = 16
"""Feature maps that are drawn."""
LAYERS = 12
"""Layers whose attention is drawn, evenly spread."""
DRAWN = 112
"""Pixels a side of the picture as it is shown, at most."""
UNDER = 56
"""The same where attention is drawn over it, of which there are many pictures."""
REASONS = "which pixels the answer depends on"
WAIT = 0.2
"""Seconds between two questions of a waiting look whether it is still wanted."""
_one_at_a_time = threading.Lock()


class NotInspectable(ValueError):
    """A look that cannot be had; the message says what would do."""


class Ended(RuntimeError):
    """Whoever waits for the look wants no more of it."""


class Guess(Record):
    """One of the classes (or next tokens) that the network finds likeliest."""

    name: str
    probability: float


class Layer(Record):
    """A place in the network that can be looked at."""

    path: str
    shape: tuple[int, ...]


class Token(Record):
    """One token of a text."""

    text: str
    surprise: float | None = None
    """How unlikely the network found it after those before it, in nats; none for the first, or where it does not say
    what comes next."""


class Inspection(Record):
    """Everything that was seen."""

    architecture: str
    weights: Weights
    source: str
    """Where the weights are from, in words."""
    note: str = ""
    """What went otherwise than asked for, in a sentence."""
    size: int
    """Pixels a side of what the network was given, or tokens."""
    truth: str = ""
    """The right answer; empty where nobody knows."""
    pending: str = ""
    """What is still being computed; empty when everything is there."""
    guesses: tuple[Guess, ...] = ()
    layers: tuple[Layer, ...]
    layer: str
    """The layer whose feature maps are shown."""
    picture: Images | None = None
    tokens: tuple[Token, ...] = ()
    """The text, where it is one."""
    activations: tuple[Profile, ...]
    features: Images | Heatmap | None = None
    attention: tuple[Result, ...] = ()
    attribution: tuple[Result, ...] = ()

    @property
    def pictures(self) -> tuple[Images, ...]:
        """Everything that is a picture."""
        drawn: tuple[Result | None, ...] = (self.picture, self.features, *self.attention, *self.attribution)
        return tuple(one for one in drawn if isinstance(one, Images))


Seen = Callable[[Inspection], None]
"""Given what is there so far."""


class Subject(Record):
    """What is looked into, for a reader."""

    name: str
    weights: Weights
    source: str
    note: str = ""
    truth: str = ""
    classes: tuple[str, ...] = ()
    """What the outputs stand for; empty where the answer means nothing."""


def summary(found: Inspection) -> dict[str, Any]:
    """What scripts read: everything but the pictures."""
    values = {
        profile.label: {
            path: value if math.isfinite(value) else None
            for path, value in zip(profile.layers, profile.values, strict=True)
        }
        for profile in found.activations
    }
    return {
        "name": found.architecture,
        "weights": found.weights,
        "source": found.source,
        "note": found.note,
        "size": found.size,
        "truth": found.truth,
        "tokens": [{"token": token.text, "surprise": token.surprise} for token in found.tokens],
        "classes": [{"class": guess.name, "probability": guess.probability} for guess in found.guesses],
        "layers": [
            {"path": layer.path, "shape": list(layer.shape)}
            | {label: of[layer.path] for label, of in values.items() if layer.path in of}
            for layer in found.layers
        ],
        "layer": found.layer,
    }


def inspectable(model: Architecture) -> bool:
    """Whether this is a network of pictures."""
    return len(model.inputs.shape) == 3


def inspect(
    model: Architecture,
    image: Image,
    *,
    weights: Weights = "published",
    layer: str | None = None,
    watch: Watch = lambda text, share: None,
    seen: Seen = lambda found: None,
    known: tuple[Result, ...] = (),
) -> Inspection:
    """Look at `image` through `model`; published weights are downloaded if need be. `seen` is given each stage;
    `known` is an attribution from an earlier look with the same picture, which is not computed again.

    Where they cannot be had the untrained network is shown instead and `note` says so. Raises NotInspectable, and
    OverLimit for what would take too much memory.
    """
    if not inspectable(model):
        raise NotInspectable(f"{model.name} reads text, not pictures; choose a network of pictures.")
    limits.check_look(model.config, model.inputs)
    with alone(watch):
        net, edition, note = _network(model, weights, watch)
        preparation = published.preparation(model, edition)
        about = Subject(
            name=model.name,
            weights="untrained" if edition is None else "published",
            source=f"untrained, drawn with seed {SEED}" if edition is None else edition.source,
            note=note,
            classes=() if edition is None else published.classes(model, edition),
        )
        inputs, picture = prepared(image, preparation), shown(image, preparation)
        return of_picture(net, inputs, picture, about, layer=layer, watch=watch, seen=seen, known=known)


@contextmanager
def alone(watch: Watch) -> Iterator[None]:
    """Looks are taken one after the other: each may need much of the memory. A look that waits can be ended."""
    while not _one_at_a_time.acquire(timeout=WAIT):
        watch("waiting for another look to end", None)
    try:
        yield
    finally:
        _one_at_a_time.release()


def of_picture(
    net: nn.Module,
    inputs: Tensor,
    picture: Picture,
    about: Subject,
    *,
    layer: str | None,
    watch: Watch,
    seen: Seen,
    known: tuple[Result, ...] = (),
) -> Inspection:
    """A look with one image `1 c h w`, which `picture` shows; stage by stage for `seen`, all of it in the end."""
    import torch

    from archviz.engine.capture import capture
    from archviz.probes import activations, attribution

    watch("one pass through the network", None)
    passed = capture(net, (inputs, torch.zeros(1)))
    layers, layer = _layers(passed, about.name, layer)
    size = inputs.shape[-1]
    with torch.no_grad():
        logits = net(inputs)[0].float()
    lost = not bool(torch.isfinite(logits).all())
    found = Inspection(
        architecture=about.name,
        weights=about.weights,
        source=about.source,
        note=_lost(about.name) if lost else about.note,
        size=size,
        truth=about.truth,
        pending="" if known or lost else REASONS,
        guesses=() if lost or not about.classes else _likeliest(logits, about.classes),
        layers=layers,
        layer=layer,
        picture=images("What the network sees", {f"{size} x {size} pixels": picture}),
        activations=tuple(one for one in activations.read(passed) if isinstance(one, Profile)),
        features=None if lost else _features(passed, layer),
        attention=() if lost else _attention(net, passed, picture),
        attribution=known,
    )
    if known or lost:
        return found
    seen(found)
    for reasons in attribution.unfold(passed, lambda text, share: watch(f"{REASONS}: {text}", share)):
        found = found.model_copy(update={"attribution": reasons})  # checked already: pictures have many numbers
        seen(found)
    return found.model_copy(update={"pending": ""})


def of_text(
    net: nn.Module, inputs: Tensor, spelling: tuple[str, ...], about: Subject, *, layer: str | None, watch: Watch
) -> Inspection:
    """A look with one text `1 l`, of which each token is spelled."""
    import torch

    from archviz.engine.capture import capture
    from archviz.probes import activations

    watch("one pass through the network", None)
    passed = capture(net, (inputs, torch.zeros(1)))
    layers, layer = _layers(passed, about.name, layer)
    with torch.no_grad():
        logits = net(inputs)[0].float()  # l v, or k where the whole text has a class
    lost = not bool(torch.isfinite(logits).all())
    return Inspection(
        architecture=about.name,
        weights=about.weights,
        source=about.source,
        note=_lost(about.name) if lost else about.note,
        size=inputs.shape[-1],
        truth=about.truth,
        guesses=() if lost else _likeliest(logits if logits.dim() == 1 else logits[-1], about.classes),
        layers=layers,
        layer=layer,
        tokens=() if lost else text.tokens(inputs[0], spelling, logits),
        activations=tuple(one for one in activations.read(passed) if isinstance(one, Profile)),
        features=text.channels(passed.taps[layer], layer, spelling, CHANNELS) if layer and not lost else None,
        attention=() if lost else text.attention(passed, spelling),
    )


def _lost(name: str) -> str:
    return f"{name} diverged: its answer is no number any more. What is left to see is how its activations explode."


def _layers(passed: Capture, name: str, layer: str | None) -> tuple[tuple[Layer, ...], str]:
    """The places that can be looked at, and the one that is: as asked for, or in the middle. Raises NotInspectable."""
    taps = {path: tap for path, tap in passed.taps.items() if tap.axes in ("b c h w", "b l d")}
    if layer is not None and layer not in taps:
        raise NotInspectable(f"{name} has no layer {layer!r} to look at; it has {', '.join(taps)}.")
    layers = tuple(Layer(path=path, shape=tuple(tap.value.shape[1:])) for path, tap in taps.items())
    return layers, layer or _middle(tuple(taps))


def _network(model: Architecture, weights: Weights, watch: Watch) -> tuple[nn.Module, Edition | None, str]:
    """The network, which published weights it has (none: untrained), and why not those that were asked for."""
    if weights == "untrained":
        return _untrained(model), None, ""
    edition = published.best(model)
    if edition is None:
        note = f"Nobody publishes weights of {model.name} that we know of; this is the untrained network."
        return _untrained(model), None, note

    def progress(done: int, total: int | None) -> None:
        watch(f"downloading {edition.mebibytes:.0f} MiB", done / total if total else None)

    try:
        path = published.obtain(edition, progress)
        watch("loading the weights", None)
        return published.load(model, edition, path), edition, ""
    except WeightsUnavailable as error:
        return _untrained(model), None, f"{error} What you see is the untrained network."


def _untrained(model: Architecture) -> nn.Module:
    from archviz.engine.initialize import initialize

    net: nn.Module = model.config.build()
    initialize(net, SEED)
    return net.eval().requires_grad_(False)


def prepared(image: Image, how: Preparation) -> Tensor:
    """A picture as the input `1 c h w` of a network, prepared as torchvision does for its weights."""
    import torch
    from torchvision.transforms import functional

    pixels = functional.to_tensor(_cropped(image, how))  # 3 h w, from 0 to 1
    if len(how.mean) == 1:
        pixels = functional.rgb_to_grayscale(pixels)
    inputs: Tensor = functional.normalize(pixels, list(how.mean), list(how.std))[None]
    return inputs.to(torch.float32)


def shown(image: Image, how: Preparation) -> Picture:
    """The part of a picture that the network sees, at most `DRAWN` pixels a side."""
    side = min(DRAWN, how.crop)
    square = _cropped(image, how).resize((side, side))
    return np.asarray(square, np.float32) / np.float32(255)


def _cropped(image: Image, how: Preparation) -> Image:
    from torchvision.transforms import InterpolationMode, functional

    sized = functional.resize(image, [how.resize], InterpolationMode(how.interpolation))
    cropped: Image = functional.center_crop(sized, [how.crop, how.crop])
    return cropped


def _likeliest(logits: Tensor, names: tuple[str, ...]) -> tuple[Guess, ...]:
    best = logits.softmax(0).topk(min(GUESSES, len(logits)))
    return tuple(
        Guess(name=names[index], probability=probability)
        for probability, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    )


def _middle(layers: tuple[str, ...]) -> str:
    """A layer whose maps still look like the picture, and no longer like its pixels."""
    return layers[len(layers) // 3] if layers else ""


def _features(seen: Capture, layer: str) -> Images | None:
    """The feature maps of one layer that vary most over the picture, each from its smallest to its largest value."""
    from archviz.engine.token_maps import planes

    maps = planes(seen.taps[layer]) if layer else None
    if maps is None:
        return None
    order = maps.flatten(1).std(1).argsort(descending=True, stable=True)[:CHANNELS].tolist()
    side = maps.shape[-1]
    return images(
        f"The {len(order)} of {len(maps)} feature maps of {layer} that vary most ({side} x {side})",
        {f"channel {channel}": spread(maps[channel].float().numpy()) for channel in order},
    )


def _attention(net: nn.Module, seen: Capture, picture: Picture) -> tuple[Result, ...]:
    """Where each layer looks, over the picture, and how spread out that is."""
    from archviz.engine.token_maps import WEIGHTS, attention
    from archviz.probes import attention as probe

    taps = seen.with_axes(WEIGHTS)
    if not taps:
        return ()
    paths = list(taps)
    drawn = min(LAYERS, len(paths))
    chosen = sorted({round(i * (len(paths) - 1) / max(1, drawn - 1)) for i in range(drawn)})
    mean = {f"layer {i + 1}": attention(net, paths[i], taps[paths[i]]).mean(0) for i in chosen}
    heads = attention(net, paths[-1], taps[paths[-1]])[:LAYERS]
    by_head = {f"head {head + 1}": plane for head, plane in enumerate(heads)}
    entropy = next(one for one in probe.read(seen) if isinstance(one, Profile))
    return (
        images("What is looked at, by layer (mean of the heads)", _over(picture, mean)),
        images("What is looked at in the last layer, by head", _over(picture, by_head)),
        entropy,
    )


def _over(picture: Picture, planes: dict[str, Tensor]) -> dict[str, Picture]:
    import torch
    import torch.nn.functional as F

    size = min(UNDER, picture.shape[0])
    small = F.interpolate(torch.tensor(picture).permute(2, 0, 1)[None], size=(size, size), mode="area")[0]
    under = small.permute(1, 2, 0).numpy()  # h w c

    def drawn(plane: Tensor) -> Picture:
        larger = F.interpolate(plane[None, None].float(), size=(size, size), mode="nearest")[0, 0]
        return over(under, spread(larger.numpy()))

    return {name: drawn(plane) for name, plane in planes.items()}
