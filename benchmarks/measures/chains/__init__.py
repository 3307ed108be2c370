"""Our conversion beside the chains that one would otherwise take, network by network."""
