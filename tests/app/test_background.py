"""Work in the background: once, with its value or its error."""

from app import background
from app.background import Background


def test_work_runs_once_and_its_value_stays():
    calls: list[int] = []
    work = Background(lambda: calls.append(1) or len(calls), "test")
    assert work.value is None
    assert not work.over
    assert work.wait(10) == 1
    assert work.wait(10) == 1
    assert work.over
    work.again()
    assert work.wait(10) == 2


def test_large_files_make_room_for_the_newest(monkeypatch):
    monkeypatch.setattr(background, "KEPT_BYTES", 10)
    monkeypatch.setattr(background, "_files", {})
    for number in range(3):
        made = background.file(f"large {number}", lambda: b"12345678")
        assert made is not None and made.wait(10) == b"12345678"
    assert [*background._files] == ["large 1", "large 2"]  # the first made room when the third began


def test_an_error_is_kept_and_can_be_tried_again():
    answers = iter([ValueError("not yet"), None])

    def work() -> str:
        error = next(answers)
        if error is not None:
            raise error
        return "done"

    background = Background(work, "test")
    assert background.wait(10) is None
    assert isinstance(background.error, ValueError)
    assert background.over
    background.again()
    assert background.wait(10) == "done"
    assert background.error is None
