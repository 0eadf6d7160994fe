"""Pictures: what a reader gives to an exhibit. From any file or array to a small square of colours."""

import io
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Picture: TypeAlias = NDArray[np.float32]
"""`(size, size, 3)`: red, green and blue from 0 to 1, first row on top."""
Plane: TypeAlias = NDArray[np.float32]
"""`(height, width)`: one number for each pixel."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
MOST_PIXELS = 50_000_000
LUMA = np.array((0.299, 0.587, 0.114), np.float32)
"""How bright red, green and blue look (ITU-R BT.601)."""


class Unreadable(ValueError):
    """A file that is no picture for us; the message says what would be."""


def read(content: bytes, size: int) -> Picture:
    """The middle square of a picture file at `size` pixels a side. Raises Unreadable."""
    return _fitted(opened(content), size)


def opened(content: bytes) -> "Image":
    """A picture file in red, green and blue, upright, on white where it is transparent. Raises Unreadable."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable(
                    f"This picture has {image.width} x {image.height} pixels, more than the limit of "
                    f"{MOST_PIXELS // 1_000_000} million; make it smaller and try again."
                )
            return _coloured(ImageOps.exif_transpose(image))
    except Unreadable:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise Unreadable("This file cannot be read as a picture; choose a PNG, JPEG, GIF, BMP or WebP file.") from error


def fitted(pixels: NDArray[np.uint8], size: int) -> Picture:
    """The middle square of an array of bytes, grey `(height, width)` or colours `(height, width, 3)`."""
    from PIL import Image

    return _fitted(_coloured(Image.fromarray(pixels)), size)


def grey(picture: Picture) -> Plane:
    """How bright each pixel is."""
    return (picture @ LUMA).astype(np.float32)


def _fitted(image: "Image", size: int) -> Picture:
    from PIL import Image, ImageOps

    square = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
    return np.asarray(square, np.float32) / np.float32(255)


def _coloured(image: "Image") -> "Image":
    from PIL import Image

    if image.mode.startswith(("I", "F")):  # numbers beyond bytes: darkest becomes black, brightest white
        plane = np.nan_to_num(np.asarray(image, np.float64))
        reach = float(np.ptp(plane)) or 1.0
        image = Image.fromarray(np.uint8(255 * (plane - plane.min()) / reach))
    paper = Image.new("RGBA", image.size, "white")  # seen through what is transparent
    return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
