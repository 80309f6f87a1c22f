"""`python -m gpumft.cli`, for where the script is not on the path."""

import sys

from gpumft.cli.entry import main

sys.exit(main())
