"""Weights and channels taken out of networks: what the stage converters.prune and the search are made of."""
