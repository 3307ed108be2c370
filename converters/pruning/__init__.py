"""Weights and channels taken out of networks: what converters.thinning and the search are made of."""
