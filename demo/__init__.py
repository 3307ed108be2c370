"""The demonstration: a rendered clip, a side-by-side comparison and a three-minute film; run with python -m demo."""
