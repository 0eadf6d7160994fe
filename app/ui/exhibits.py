"""Exhibits: building blocks to play with on a chapter's page, one at a time, each drawn anew by itself."""

import streamlit as st

from app import jobs
from app.ui import options, parts, views, waiting
from archviz.core.picture import Picture, Unreadable, read
from archviz.core.record import Record, reason
from archviz.core.results import Result
from archviz.core.spec import Exhibit
from archviz.engine import gallery

HEIGHT = 300
SMALL = 240
"""Height of each picture where there are several."""
AT_ONCE = 0.4
"""Seconds that a page waits for an exhibit before it draws a place kept for it."""
OWN = "your own picture"


def panel(chapter: str, shown: tuple[Exhibit, ...]) -> None:
    """All exhibits of a chapter, of which one is open."""
    if not shown:
        return
    st.subheader("Play with the parts", anchor=False, divider="gray")
    _open(chapter, shown)


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
    """One over the whole width, several side by side where there is room."""
    if len(results) == 1:
        views.result(results[0], key, height=HEIGHT)
        return
    for start in range(0, len(results), 2):
        pair = results[start : start + 2]
        for index, (place, result) in enumerate(zip(st.columns(len(pair), gap="large"), pair, strict=True)):
            with place:
                views.result(result, f"{key}-{start + index}", height=SMALL)


def _picture(exhibit: Exhibit, key: str) -> Picture:
    """The picture that the reader has chosen or brought. Raises Unreadable with a sentence."""
    names = (*gallery.PICTURES, OWN)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key=f"{key}-picture"):
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
