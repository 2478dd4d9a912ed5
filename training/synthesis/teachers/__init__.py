"""Teachers: each a source of questions with solutions that nobody has checked yet."""
