"""What the tests of traffic, e-mail and social reports share: files of a made-up report, and the findings of one."""

from pathlib import Path


def saver(folder, usual_name):
    """Writes a report into a folder and gives its path."""

    def save(content: str, encoding: str = "utf-8", name: str = usual_name) -> Path:
        path = folder / name
        path.write_bytes(content.encode(encoding))
        return path

    return save


def kinds(table):
    return {str(found.kind): found.count for found in table.findings if found.kind != "title_rows"}


def with_gaps(row):
    """The measures of a row, those that are unknown with the reason."""
    return {**row.values, **{name: str(why) for name, why in row.gaps.items()}}
