"""From a text to its report: findings, their levels, and the text with their fixes. Knows no files."""
