"""Small pieces of text."""

from app.ui.parts import escape, first_sentences, inline


def test_only_whole_sentences_are_kept():
    text = "One is short. Two is a bit longer than that. Three."
    assert first_sentences(text, most=20) == "One is short."
    assert first_sentences(text, most=48) == "One is short. Two is a bit longer than that."
    assert first_sentences(text) == text


def test_the_first_sentence_is_kept_however_long():
    assert first_sentences("A very long first sentence indeed. Second.", most=5) == "A very long first sentence indeed."


def test_text_cannot_become_markup():
    assert escape('<b a="1">&') == "&lt;b a=&quot;1&quot;&gt;&amp;"
    assert inline("<i> *this* and `that`, 2 * 3 * 4") == ("&lt;i&gt; <em>this</em> and <code>that</code>, 2 * 3 * 4")
