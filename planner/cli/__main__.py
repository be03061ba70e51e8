"""`python -m planner.cli`: the same door as the command `planner`."""

import sys

from planner.cli import main

sys.exit(main())
