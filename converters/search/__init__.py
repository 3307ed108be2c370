"""The fastest combination of pruning and per-layer precision within an accuracy budget.

For one SavedModel the converter makes whole files in float32, float16, int8 and int16x8; a mixed network is spliced
of them operator by operator. Which layers suffer in int8 is measured one by one, how much a choice costs by reading
labelled images with the Reader, and how fast it is by the clock.
"""
