"""Reports -> text of one format; no input, no output."""
