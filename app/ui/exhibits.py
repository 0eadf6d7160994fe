"""Exhibits: building blocks to play with on a chapter's page, one at a time, each drawn anew by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import jobs
from app.ui import options, parts, views, waiting
from archviz.core.record import Record, reason
from archviz.core.results import Result, Sliding, Table
from archviz.core.spec import Exhibit

if TYPE_CHECKING:
    from archviz.core.picture import Picture

HEIGHT = 300
SMALL = 240
"""Height of each picture where there are several."""
PLACE = 640
"""Height of the place that is kept for all of it."""
AT_ONCE = 0.4
"""Seconds that a page waits for an exhibit before it draws a place kept for it."""
OWN = "your own picture"


def panel(chapter: str, shown: tuple[Exhibit, ...] | None) -> None:
    """All exhibits of a chapter, of which one is open; none while they are not known: then their place is kept."""
    if shown if shown is not None else jobs.exhibited(chapter):
        st.subheader("Play with the parts", anchor=False, divider="gray")
        if shown:
            _open(chapter, shown)
        else:
            views.skeleton(PLACE)


@st.fragment
def _open(chapter: str, shown: tuple[Exhibit, ...]) -> None:
    titles = {one.slug: one.title for one in shown}
    chosen = st.segmented_control(
        "Part",
        list(titles),
        default=shown[0].slug,
        required=True,
        format_func=lambda slug: titles[slug],
        key=f"{chapter}.exhibit",
        label_visibility="collapsed",
        wrap=True,
    )
    _draw(chapter, next(one for one in shown if one.slug == chosen))


def _draw(chapter: str, exhibit: Exhibit) -> None:
    key = f"exhibit-{chapter}-{exhibit.slug}"
    parts.html(
        f'<p class="az-note">{parts.inline(exhibit.text)}</p>'
        f'<p class="az-quiet">Source: {parts.inline(exhibit.source)}</p>'
    )
    try:
        picture = _picture(exhibit, key) if exhibit.takes_image else None
        chosen = options.fields(exhibit.options, key)
    except ValueError as error:
        st.warning(reason(error), icon=":material/info:")
        return
    results = _results(exhibit, chosen, picture)
    if results is not None:
        _pictures(results, key)


def _results(exhibit: Exhibit, chosen: Record, picture: Picture | None) -> tuple[Result, ...] | None:
    """What there is to see; none when it is refused or still on its way, which is said."""
    job = jobs.exhibit(exhibit, chosen, picture)
    job.wait(AT_ONCE)
    if isinstance(job.error, ValueError):
        st.warning(reason(job.error), icon=":material/info:")
    elif job.error is not None:
        st.error(f"This could not be computed: {job.error}", icon=":material/error:")
    elif job.value is None:
        views.skeleton(HEIGHT)
        waiting.until([job], quiet=True)
    return job.value


def _pictures(results: tuple[Result, ...], key: str) -> None:
    """Tables and sliding windows over the whole width, then the others two by two."""
    wide = [result for result in results if isinstance(result, Table | Sliding)]
    narrow = [result for result in results if not isinstance(result, Table | Sliding)]
    for index, broad in enumerate(wide):
        views.result(broad, f"{key}-wide-{index}")
    for start in range(0, len(narrow), 2):
        pair = narrow[start : start + 2]
        for index, (place, result) in enumerate(zip(st.columns(len(pair), gap="large"), pair, strict=True)):
            with place:
                views.result(result, f"{key}-{start + index}", height=HEIGHT if len(narrow) == 1 else SMALL)


def _picture(exhibit: Exhibit, key: str) -> Picture:
    """The picture that the reader has chosen or brought. Raises Unreadable with a sentence."""
    from archviz.core.picture import Unreadable, read  # NumPy: not before the first paint
    from archviz.engine import gallery

    names = (*gallery.PICTURES, OWN)
    with st.container(horizontal=True, gap="medium", key=f"{key}-picture"):
        name = st.selectbox(
            "Picture",
            names,
            names.index(exhibit.sample),
            key=f"{key}-sample",
            width=200,
            help=f"Its middle square is shown with {exhibit.image_size} x {exhibit.image_size} pixels, so that single "
            "pixels can be told apart.",
        )
        if name != OWN:
            return gallery.picture(name, exhibit.image_size)
        file = st.file_uploader(
            "Your picture: PNG, JPEG, GIF, BMP or WebP",
            key=f"{key}-upload",
            width=420,
            help="It is used for this page only: it is neither stored nor sent on.",
        )
    if file is None:
        raise Unreadable("Choose a picture file, or one of the pictures in the list.")
    return read(file.getvalue(), exhibit.image_size)
