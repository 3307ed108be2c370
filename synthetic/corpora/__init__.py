"""What the synthetic lines say: words and sentences of several languages, figures, codes, names, forms."""
