"""Doors to other programs: one file a host, imported by that host alone."""
