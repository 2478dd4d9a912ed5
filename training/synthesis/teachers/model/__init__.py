"""The model teacher: a model writes new questions from known ones, and solves them in words and by programs."""
