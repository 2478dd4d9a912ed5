"""A run as people look at it: terminal, Markdown, and one HTML file."""
