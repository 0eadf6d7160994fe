"""Attribution: which pixels the answer depends on."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archviz.core.colour import images, over, spread
from archviz.core.picture import Picture, Plane
from archviz.core.results import Result
from archviz.core.spec import Probe
from archviz.core.tap import Capture

STEPS = 8
"""Images between black and the picture that Integrated Gradients averages over."""
DRAWN = 112
"""Pixels a side of what is drawn, at most."""
STRONGEST = 0.99
"""The share of pixels below the brightest colour: a single one would make all others dark."""
MAPS = "b c h w"


def read(seen: Capture) -> tuple[Result, ...]:
    """Saliency, Integrated Gradients and (where there are feature maps) Grad-CAM for the likeliest class."""
    inputs = seen.inputs
    if inputs is None or inputs.dim() != 4 or not inputs.is_floating_point():
        return ()
    model, training = seen.model, seen.model.training
    model.eval()
    try:
        with torch.enable_grad():
            planes = _attributed(model, inputs[:1].detach(), _last_maps(seen))
    finally:
        model.train(training)
    picture = _picture(inputs[:1])
    named = {name: over(picture, _plane(plane, picture.shape[0])) for name, plane in planes.items()}
    return (images("What the answer depends on", {"the picture": picture, **named}),)


def _attributed(model: nn.Module, image: Tensor, layer: nn.Module | None) -> dict[str, Tensor]:
    from captum.attr import IntegratedGradients, LayerGradCam, Saliency  # here, since it takes seconds to import

    target = int(model(image).argmax(1))
    black = torch.full_like(image, image.min().item())
    gradients = IntegratedGradients(model).attribute(
        image.requires_grad_(), black, target=target, n_steps=STEPS, internal_batch_size=1
    )
    planes = {
        "Saliency": Saliency(model).attribute(image, target=target).amax(1),
        "Integrated Gradients": gradients.abs().sum(1),
    }
    if layer is not None:
        planes["Grad-CAM"] = LayerGradCam(model, layer).attribute(image, target=target, relu_attributions=True)[:, 0]
    return planes  # each 1 h w


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


def _picture(image: Tensor) -> Picture:
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
    "itself; Integrated Gradients averages it on the way from black to the picture, so that the parts add up to the "
    "answer; Grad-CAM shows where the last feature maps speak for the class. For an untrained network all of them "
    "are noise.",
    source="Simonyan et al. 2013, arXiv:1312.6034; Sundararajan et al. 2017, arXiv:1703.01365; "
    "Selvaraju et al. 2016, arXiv:1610.02391; computed with Captum",
    reads="taps",
    read=read,
)
