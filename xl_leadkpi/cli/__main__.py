"""``python -m xl_leadkpi.cli``: the same as ``leadkpi``."""

import sys

from xl_leadkpi.cli import main

sys.exit(main())
