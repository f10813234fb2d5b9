"""The folder for intermediate rows outlives the end of a command in a process that runs another one."""

from xl_leadkpi import temporary_files
from xl_leadkpi.engines import scratch


def test_a_folder_that_was_taken_away_is_made_anew(monkeypatch):
    made = []
    monkeypatch.setattr(scratch, "_folders", lambda: made)
    monkeypatch.setattr(temporary_files, "_present", set())
    first = scratch.folder()
    assert scratch.folder() == first
    temporary_files.remove_all()
    assert not first.exists()
    path = scratch.new_path(".parquet")
    assert path.parent.is_dir()
    assert path.parent != first
    temporary_files.remove_all()
