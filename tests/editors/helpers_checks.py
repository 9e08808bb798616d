"""The table of features, in checks."""

from helpers_checks_talk import CHECKS as TALK
from helpers_checks_text import CHECKS as TEXT

CHECKS = [*TEXT, *TALK]
