"""The exit codes, and the line on them that most commands have in their help."""

CLEAN, FINDINGS, ERROR = 0, 1, 2
EPILOG = "Exit status: 0 nothing found, 1 findings, 2 an error."
