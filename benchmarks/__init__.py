"""Measurements of converted models against the models they came from and against other readers."""
