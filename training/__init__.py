"""Synthetic text, distillation and fine-tuning of the edge model; runs from a checkout, is not installed."""
