import pytest

from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks import build


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Folder of the built workbooks by language."""
    folders = {}
    for language in languages():
        folders[language] = tmp_path_factory.mktemp(f"built-{language}")
        build.build(folders[language], language)
    return folders
