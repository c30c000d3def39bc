"""From paths and a configuration to reports: which files, with which options, by which processes."""
