"""Colour: magnitudes as colours of the one map that is used everywhere (viridis), alone or over a picture."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archviz.core.picture import Picture, Plane, grey
from archviz.core.results import Images

VIRIDIS = np.array(
    [
        (68, 1, 84),
        (72, 40, 120),
        (62, 73, 137),
        (49, 104, 142),
        (38, 130, 142),
        (31, 158, 137),
        (53, 183, 121),
        (110, 206, 88),
        (181, 222, 43),
        (253, 231, 37),
    ],
    np.float32,
) / np.float32(255)
"""Ten colours of matplotlib's viridis (CC0), from the smallest to the largest value."""
PAPER = 0.45
"""How much of the picture shows through."""


def spread(plane: Plane) -> Plane:
    """The plane with its smallest value at 0 and its largest at 1; a flat plane is 0."""
    reach = float(np.ptp(plane))
    return (plane - plane.min()) / reach if reach else np.zeros_like(plane)


def viridis(plane: Plane) -> Picture:
    """Values from 0 to 1 as colours."""
    places = np.linspace(0, 1, len(VIRIDIS))
    channels = [np.interp(plane, places, VIRIDIS[:, channel]) for channel in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def over(picture: Picture, plane: Plane) -> Picture:
    """Values from 0 to 1 as colours over a picture of the same size, which shows through in grey."""
    paper: NDArray[np.float32] = np.repeat(grey(picture)[..., None], 3, -1)
    return PAPER * paper + (1 - PAPER) * viridis(plane)


def images(title: str, named: dict[str, Picture | Plane]) -> Images:
    """Pictures with their captions as a result."""
    return Images(title=title, pictures=tuple(_tuples(one) for one in named.values()), captions=tuple(named))


def _tuples(picture: Picture | Plane) -> tuple[tuple[float | tuple[float, float, float], ...], ...]:
    rows = np.round(picture.astype(np.float64), 3).tolist()
    if picture.ndim == 2:
        return tuple(tuple(row) for row in rows)
    return tuple(tuple(tuple(pixel) for pixel in row) for row in rows)


def png(picture: tuple[tuple[Any, ...], ...]) -> bytes:
    """One picture of an `Images` as a PNG file."""
    from PIL import Image

    pixels = np.asarray(picture, np.float64)
    buffer = io.BytesIO()
    Image.fromarray(np.uint8(np.rint(255 * pixels.clip(0, 1)))).save(buffer, "PNG")
    return buffer.getvalue()
