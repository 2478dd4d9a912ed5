"""A recipe of stages as one command: each stage is a `mathsolve` command line, what is done is skipped, a page shows it all."""
