"""The answer in a sentence or two: how accurate, how fast, on what machine, against whom."""

from benchmarks.report.cells import Span, interval, number, text
from benchmarks.report.names import METRICS
from benchmarks.report.validate import ALL
from benchmarks.report.view import View

_OURS_MISSING = "None of our own configurations was measured, so there is nothing to compare; the reasons are below."
_ALONE = " No other engine was measured beside it."


def sentence(view: View) -> tuple[Span, ...]:
    """The answer as text with pointers to its numbers."""
    answer = view.root["derived"]["answer"]
    if answer.value is None:
        return (Span(_OURS_MISSING),)
    name, metric, ours = (answer[key].value for key in ("set", "metric", "engine"))
    machine = view.root["machine"]
    cores = "\u00a0core, " if machine["cores"].value == 1 else "\u00a0cores, "
    spans = [Span("On "), text(machine["cpu"]), Span(" with "), number(machine["cores"]), Span(cores)]
    spans += [text(view.derived[ours]["label"], "strong"), Span(" reads an image ")]
    spans += [] if name == ALL else [Span("of “"), view.set_name(name), Span("” ")]
    spans += [Span("in "), *_bracketed(interval(view.speed[ours, name]["ms"], "median"), "\u00a0ms")]
    spans.append(Span(" in its fastest round"))
    spans.append(Span(f" with {METRICS[metric].title} "))
    spans += _bracketed(interval(view.quality[ours, name][metric], "value"))
    peer = _most_accurate_peer(view, name, metric)
    if peer is None:
        return (*spans, Span("."), Span(_ALONE))
    ratio, engine = peer
    spans += [Span(", "), *_bracketed(interval(ratio, "value")), Span(" times as fast as ")]
    spans += [text(view.derived[engine]["label"], "strong"), Span(", the most accurate of the others with ")]
    return (*spans, *_bracketed(interval(view.quality[engine, name][metric], "value")), Span("."))


def _most_accurate_peer(view: View, name: str, metric: str):
    """(speed ratio, id) of the best among the other families; None where there is none."""
    peers = [row for row in view.root["derived"]["answer"]["best"] if row["speed_ratio"].value is not None]
    if not peers:
        return None
    sign = 1 if METRICS[metric].higher_is_better else -1
    best = max(peers, key=lambda row: sign * view.quality[row["engine"].value, name][metric]["value"].value)
    return best["speed_ratio"], best["engine"].value


def _bracketed(spans: tuple[Span, ...], unit: str = "") -> list[Span]:
    """A value, its unit, and its spread in brackets."""
    value, *rest = spans
    strong = Span(value.text, value.path, "strong")
    unit_span = [Span(unit, kind="strong")] * bool(unit)
    if not rest:
        return [strong, *unit_span]
    _, low, _, high = rest
    dash = Span("–\u2060", kind="spread")  # no line may end behind it
    return [strong, *unit_span, Span("\u00a0(", kind="spread"), low, dash, high, Span(")", kind="spread")]
