"""Each check of the table of features, in each editor. `make conformance` prints them as a table."""

import pytest
from conformance import Report, run_check
from drivers import DRIVERS
from helpers_checks import CHECKS
from helpers_ert import emacs_path
from helpers_stage import Stage
from helpers_vscode import node_path


@pytest.fixture(scope="module")
def stage(provider_process):
    with Stage.set_up(provider_process) as s:
        yield s


@pytest.mark.parametrize("check", CHECKS, ids=[f"{c.feature.split(',')[0].split(':')[0]}: {c.what}" for c in CHECKS])
@pytest.mark.parametrize("editor", DRIVERS)
def test_feature(stage, editor, check):
    run_check(stage, DRIVERS[editor], check)


class Stubborn:
    """Starts as often as is said, and does not end well."""

    title = "Stubborn"
    starts, closed = 0, 0

    def __init__(self, *_):
        if Stubborn.starts == 0:
            raise OSError("it does not start")
        Stubborn.starts -= 1

    def close(self):
        Stubborn.closed += 1
        raise TimeoutError("it does not end")


def test_an_editor_that_does_not_start_is_a_check_that_failed(stage, capsys):
    report = Report({"stubborn": Stubborn})
    assert report.one(stage, "stubborn", CHECKS[0]) == "FAILED"
    report.end(1)
    assert "OSError: it does not start" in capsys.readouterr().out


def test_an_editor_that_does_not_end_leaves_no_other_running(stage, monkeypatch):
    monkeypatch.setattr(Stubborn, "starts", 2)
    with pytest.raises(TimeoutError), stage.scene("two", Stubborn) as scene:
        scene.editor()
        scene.editor()
    assert Stubborn.closed == 2


@pytest.mark.parametrize("name, path", [("emacs", emacs_path), ("node", node_path)])
def test_an_editor_that_is_too_old_is_skipped_with_the_version_that_is_needed(tmp_path, monkeypatch, name, path):
    (tmp_path / name).write_text("#!/bin/sh\necho 17.9.1\n")
    (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("EMACS_PROGRAM", raising=False)
    with pytest.raises(pytest.skip.Exception, match="or later is needed: .* is 17"):
        path()


def test_no_two_checks_have_one_name():
    assert len({(c.feature, c.what) for c in CHECKS}) == len(CHECKS)
