"""Attribution: which pixels the answer depends on."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archviz.core.colour import images, over, spread
from archviz.core.picture import Picture, Plane
from archviz.core.results import Result
from archviz.core.spec import Probe
from archviz.core.tap import Capture

Watch = Callable[[str, float | None], None]
"""Told what is being computed, and the share of it that is done where that is known."""

STEPS = 8
"""Images between black and the picture that Integrated Gradients averages over."""
FEWEST, SECONDS = 3, 12.0
"""At least so many of them; fewer than `STEPS` where these would take longer than so many seconds."""
DRAWN = 112
"""Pixels a side of what is drawn, at most."""
STRONGEST = 0.99
"""The share of pixels below the brightest colour: a single one would make all others dark."""
MAPS = "b c h w"


def read(seen: Capture) -> tuple[Result, ...]:
    """Saliency, Grad-CAM (where there are feature maps) and Integrated Gradients for the likeliest class."""
    stages = list(unfold(seen))
    return stages[-1] if stages else ()


def unfold(seen: Capture, watch: Watch = lambda text, share: None) -> Iterator[tuple[Result, ...]]:
    """The same map by map, the quickest first; `watch` is told before each pass, and may raise to end it."""
    inputs = seen.inputs
    if inputs is None or inputs.dim() != 4 or not inputs.is_floating_point():
        return
    picture = drawable(inputs[:1])
    drawn: dict[str, Picture] = {"the picture": picture}
    for name, plane in _attributed(seen.model, inputs[:1].detach(), _last_maps(seen), watch):
        drawn[name] = over(picture, _plane(plane, picture.shape[0]))
        yield (images("What the answer depends on", drawn),)


def _attributed(model: nn.Module, image: Tensor, layer: nn.Module | None, watch: Watch) -> Iterator[tuple[str, Tensor]]:
    """Names with maps `1 h w`."""
    from captum.attr import IntegratedGradients, LayerGradCam, Saliency  # here, since it takes seconds to import

    training = model.training
    model.eval()
    try:
        watch("saliency", None)
        with torch.no_grad():
            target = int(model(image).argmax(1))
        began = time.monotonic()
        with torch.enable_grad():
            saliency = Saliency(model).attribute(image.requires_grad_(), target=target).amax(1)
        once = time.monotonic() - began
        yield "Saliency", saliency
        if layer is not None:
            watch("Grad-CAM", None)
            with torch.enable_grad():
                maps = LayerGradCam(model, layer).attribute(image, target=target, relu_attributions=True)
            yield "Grad-CAM", maps[:, 0]
        steps = max(FEWEST, min(STEPS, int(SECONDS / max(once, 1e-9))))
        done = 0

        def counted(between: Tensor) -> Tensor:
            nonlocal done
            watch("Integrated Gradients", min(1.0, done / steps))
            done += 1
            logits: Tensor = model(between)
            return logits

        black = torch.full_like(image, image.min().item())
        with torch.enable_grad():
            gradients = IntegratedGradients(counted).attribute(
                image, black, target=target, n_steps=steps, internal_batch_size=1
            )
        name = "Integrated Gradients"
        yield name if steps == STEPS else f"{name} ({steps} images)", gradients.abs().sum(1)
    finally:
        model.train(training)


def _last_maps(seen: Capture) -> nn.Module | None:
    """The last layer of feature maps that still has places."""
    taps = [name for name, tap in seen.with_axes(MAPS).items() if tap.value.shape[-1] > 1]
    return seen.model.get_submodule(taps[-1]) if taps else None


def _plane(values: Tensor, size: int) -> Plane:
    """A map `1 h w` of magnitudes at the size of the picture, from 0 to 1."""
    resize = partial(F.interpolate, size=(size, size))
    larger = values.shape[-1] > size
    sized = resize(values[None].detach(), mode="area") if larger else resize(values[None].detach(), mode="bilinear")
    plane = sized[0, 0].float().cpu()
    top = plane.flatten().quantile(STRONGEST).clamp_min(1e-12)
    return spread((plane / top).clamp(0, 1).numpy())


def drawable(image: Tensor) -> Picture:
    """What the model sees, as a picture of at most `DRAWN` pixels a side."""
    image = image.detach().float().cpu()
    if image.shape[-1] > DRAWN:
        image = F.interpolate(image, size=(DRAWN, DRAWN), mode="area")
    if image.shape[1] != 3:
        image = image.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    low, high = image.amin((0, 2, 3), keepdim=True), image.amax((0, 2, 3), keepdim=True)
    picture: Picture = ((image - low) / (high - low).clamp_min(1e-9))[0].permute(1, 2, 0).contiguous().numpy()
    return picture  # h w c


PROBE = Probe(
    slug="attribution",
    title="Attribution",
    text="Which pixels the likeliest class depends on, the brighter the more. Saliency is the gradient at the picture "
    "itself; Grad-CAM shows where the last feature maps speak for the class; Integrated Gradients averages the "
    "gradient on the way from black to the picture, so that the parts add up to the answer. For an untrained network "
    "all of them are noise.",
    source="Simonyan et al. 2013, arXiv:1312.6034; Sundararajan et al. 2017, arXiv:1703.01365; "
    "Selvaraju et al. 2016, arXiv:1610.02391; computed with Captum",
    reads="taps",
    read=read,
)
