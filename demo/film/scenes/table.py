"""The kinds of scenes by the name that the script gives them."""

from collections.abc import Callable

from demo.film.facts import FilmFacts
from demo.film.scenes import accuracy, batching, chain, challenges, idea, pruning, quantization, results, title
from demo.film.script import FilmScene
from demo.film.stage import Stage

Draw = Callable[[Stage, float, FilmScene, FilmFacts], None]
# The comparison is no drawing: it shows a video, see demo.film.frames.
COMPARISON = "comparison"
SCENES: dict[str, Draw] = {
    "title": title.draw,
    "idea": idea.draw,
    "chain": chain.draw,
    "quantization": quantization.draw,
    "pruning": pruning.draw,
    "batching": batching.draw,
    "accuracy": accuracy.draw,
    "challenges": challenges.draw,
    "results": results.draw,
    "end": title.draw_end,
}
