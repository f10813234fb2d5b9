"""Make the README's picture: the sample's summary, rendered by LibreOffice.

python -m tests.sheets.picture
"""

import subprocess
import tempfile
from pathlib import Path

from xl_leadkpi.cli import main

PICTURE = Path(__file__).with_name("funnel.png")
DOTS_PER_INCH = 110
# the page without its margins and the empty part at its end, in inches
LEFT, TOP, WIDTH, HEIGHT = 0.35, 0.3, 11.0, 6.25


def make() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if main(["demo", str(folder / "demo")]):
            raise SystemExit("the demo failed")
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf",
             "--outdir", name, str(folder / "demo" / "funnel.xlsx")],
            check=True, capture_output=True,
        )  # fmt: skip
        crop = [str(round(inches * DOTS_PER_INCH)) for inches in (LEFT, TOP, WIDTH, HEIGHT)]
        subprocess.run(
            ["pdftoppm", "-r", str(DOTS_PER_INCH), "-png", "-singlefile", "-f", "1",
             "-x", crop[0], "-y", crop[1], "-W", crop[2], "-H", crop[3],
             f"{name}/funnel.pdf", str(PICTURE.with_suffix(""))],
            check=True,
        )  # fmt: skip


if __name__ == "__main__":
    make()
