import pytest

from .sheet_reports import golden, sampled


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sample")


@pytest.fixture(scope="session")
def full(sample_folder):
    """Leads and report with everything: amounts, spend, touches, response times."""
    return sampled(sample_folder)


@pytest.fixture(scope="session")
def golden_report():
    return golden()
