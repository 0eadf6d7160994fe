"""Any picture file becomes a small square of colours, or a sentence."""

import io
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from archviz.core.picture import Unreadable, fitted, grey, read


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_a_file_of_each_kind_keeps_its_colour(format: str) -> None:
    found = read(encoded(Image.new("RGB", (40, 30), (204, 102, 0)), format), 28)
    assert found.shape == (28, 28, 3) and found.dtype == np.float32
    np.testing.assert_allclose(found.mean((0, 1)), (0.8, 0.4, 0.0), atol=0.03)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_is_understood(mode: str) -> None:
    white = Image.new("L", (9, 7), 255)
    image = white.convert("I").convert(mode) if mode == "I;16" else white.convert(mode)
    assert read(encoded(image, "JPEG" if mode == "CMYK" else "PNG"), 5).shape == (5, 5, 3)


def test_sixteen_bits_are_stretched_from_black_to_white() -> None:
    ramp = np.linspace(0, 60_000, 64).astype(np.uint16).reshape(8, 8)
    found = grey(read(encoded(Image.fromarray(ramp)), 8))
    assert found[0, 0] < 0.02 and found[7, 7] > 0.98


def test_the_middle_square_is_taken_and_what_is_transparent_is_white() -> None:
    stripes = np.zeros((10, 30, 3), np.uint8)
    stripes[:, 10:20] = 255
    np.testing.assert_allclose(fitted(stripes, 10), 1.0)
    clear = encoded(Image.new("RGBA", (6, 6), (0, 0, 0, 0)))
    np.testing.assert_allclose(read(clear, 4), 1.0)


def test_a_photograph_is_turned_as_its_camera_says() -> None:
    upright = np.zeros((8, 8, 3), np.uint8)
    upright[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    turned = grey(read(encoded(Image.fromarray(upright), exif=exif), 8))
    assert turned[:, -1].min() > 0.9 and turned[:, :4].max() < 0.1


def test_grey_is_how_bright_a_colour_looks() -> None:
    np.testing.assert_allclose(grey(np.ones((2, 2, 3), np.float32)), 1.0, atol=1e-6)
    red, green, blue = (grey(np.eye(3, dtype=np.float32)[[[i]]])[0, 0] for i in range(3))
    assert green > red > blue > 0


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"<svg></svg>"])
def test_what_is_no_picture_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^This file cannot be read as a picture; choose a PNG, .* file\.$"):
        read(content, 28)


def test_a_picture_that_is_cut_off_is_refused() -> None:
    whole = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)))
    with pytest.raises(Unreadable):
        read(whole[: len(whole) // 2], 28)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(Unreadable, match=r"8000 x 7000 pixels, more than the limit of 50 million"):
        read(encoded(Image.new("1", (8000, 7000))), 28)


@given(
    st.binary(max_size=200), st.sampled_from([b"GIF89a", b"BM", b"\xff\xd8\xff\xe0", b"RIFF\x00\x00\x00\x00WEBPVP8 "])
)
def test_no_bytes_raise_anything_else(tail: bytes, head: bytes) -> None:
    with suppress(Unreadable):
        assert read(head + tail, 4).shape == (4, 4, 3)
