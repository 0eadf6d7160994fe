"""Work in the background: once, with its value or its error."""

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
