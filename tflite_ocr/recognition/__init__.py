"""From a recogniser's logits to text."""
