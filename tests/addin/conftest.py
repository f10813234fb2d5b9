"""An Excel in memory for the tests of the VBA."""

import pytest
from pyopenvba.apps.excel._model import Application, Range

from .vba_host import Excel

collect_ignore = ["libreoffice_cells.py", "stubbed_com.py"]  # programs of their own


@pytest.fixture
def excel(monkeypatch):
    # The interpreter reads no cells beyond what is used; Excel reads what the range says.
    monkeypatch.setattr(Range, "bounded", lambda self: self.first)
    before = dict(Application._vba_members)
    yield Excel()
    Application._vba_members.clear()
    Application._vba_members.update(before)
