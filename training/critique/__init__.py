"""The critique model, which is absolute: a mark from 0 to 10 for an attempt, and from it the probability that it is right."""
