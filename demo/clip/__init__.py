"""A clip that the project draws itself, with the exact text of every frame."""
