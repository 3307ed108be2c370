"""What is drawn in tests is drawn with a few fonts and words."""

from tests.synthetic.small_world import plain_fonts, small_world  # noqa: F401
