"""What several rooms' tests need: where the shared material is, when it is there at all."""

from pathlib import Path

import pytest

collect_ignore = ["benchmarks"]  # programs, not tests
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the specification's fixtures and the real exports, beside the project."""
    if not SHARED.is_dir():
        pytest.skip("needs the shared folder beside the project (real exports and golden figures)")
    return SHARED
