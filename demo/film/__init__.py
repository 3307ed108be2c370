"""The film: a script with text and timing, scenes that are drawn frame by frame, captions and a voice."""
