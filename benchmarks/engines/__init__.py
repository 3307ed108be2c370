"""Engines, a file each; benchmarks/engines/table.py lists them by name.

Workers import this package: nothing is imported here.
"""
