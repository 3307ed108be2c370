"""Figures that follow from the measured ones, kept in report.json as "derived": the page itself computes none."""

from collections import Counter
from statistics import geometric_mean

from benchmarks.report.palette import family
from benchmarks.report.validate import ALL
from evaluation.quality import METRICS

OURS = "ours"
_BUSY = 0.5  # load a core from which on the machine is said to be busy
_BROKEN = {"failed": "failed", "timeout": "timed out", "skipped": "skipped"}
_BYTES_PER_MB = 1e6


def derived(report: dict) -> dict:
    """What schema.md describes under "derived"."""
    overall = _overall(report)
    times = {(row["engine"], row["set"]): row["ms"] for row in report["speed"]}
    times |= {(row["engine"], ALL): row["ms"] for row in overall}
    labels, lines = (_labels(report["engines"], threads) for threads in (True, False))
    return {
        "engines": [
            {
                "engine": engine["id"],
                "label": labels[engine["id"]] + _end(engine),
                "line": lines[engine["id"]] + _end(engine),
                "family": family(engine["name"]),
                "artifact_mb": _mb(engine.get("artifact_bytes")),
                "installed_mb": _mb(engine.get("installed_bytes")),
                "recorded_on": _recorded_on(report, engine),
            }
            for engine in report["engines"]
        ],
        "overall": overall,
        "fronts": _fronts(report, times),
        "answer": _answer(report, times),
        "recorded_on": [_recorded_on(report, row) for row in report["networks"]],
    }


def busy(report: dict) -> str | None:
    """A sentence where other programs kept the machine busy when the run began."""
    load, cores = report["machine"].get("load"), report["machine"]["cores"]
    if load is None or load < _BUSY * cores:
        return None
    return (
        f"The machine was busy with other programs when the run began (load {load:.1f} on {cores} cores): "
        "times are too long, ratios less so."
    )


def _end(engine: dict) -> str:
    """Behind the name of an engine that has no figures, or not all: why."""
    return f" ({_BROKEN[engine['status']]})" if engine["status"] in _BROKEN else ""


def _mb(size: float | None) -> float | None:
    return None if size is None else size / _BYTES_PER_MB


def _recorded_on(report: dict, row: dict) -> str | None:
    if not row["recorded"]:
        return None
    if row.get("recorded_on"):
        return row["recorded_on"]
    only = report["machine"]["recorded_gpu"][0]
    return f"{only['device']}, {only['date']}"


def _labels(engines: list[dict], threads: bool) -> dict[str, str]:
    """A short name for each engine: its title, and what tells it from others of the same title."""
    parts = {engine["id"]: _parts(engine, threads) for engine in engines}
    labels = {}
    for engine in engines:
        own, title = parts[engine["id"]], engine["title"]
        same = [parts[other["id"]] for other in engines if other["title"] == title]
        words = {key: own[key] for key in own if len({other[key] for other in same}) > 1 and own[key] not in title}
        head = " ".join(filter(None, (title, words.get("model"), words.get("precision"))))
        labels[engine["id"]] = ", ".join(filter(None, (head, words.get("threads"), words.get("device"))))
    counts = Counter(labels.values())
    return {key: f"{label} ({key})" if threads and counts[label] > 1 else label for key, label in labels.items()}


def _parts(engine: dict, threads: bool) -> dict[str, str]:
    parts = {key: engine.get(key) or "" for key in ("model", "precision", "device")}
    count = engine.get("threads")
    named = "default threads" if count is None else f"{count} thread{'s' * (count != 1)}"
    return parts | ({"threads": named} if threads else {})


def _overall(report: dict) -> list[dict]:
    """Time over the sets of pages (of lines where there are none) of engines that were timed on all of them."""
    local = {engine["id"] for engine in report["engines"] if _is_local(engine)}
    timed = {row["set"] for row in report["speed"] if row["engine"] in local}
    kinds = {row["name"]: row["kind"] for row in report["sets"] if row["name"] in timed}
    sets = [name for name, kind in kinds.items() if kind != "lines"] or list(kinds)
    rows = []
    for engine in report["engines"]:
        ms = {row["set"]: row["ms"] for row in report["speed"] if row["engine"] == engine["id"]}
        if sets and engine["status"] == "ok" and all(name in ms for name in sets):
            mean = {key: _mean([ms[name].get(key) for name in sets]) for key in ("median", "low", "high")}
            rows.append({"engine": engine["id"], "sets": sets, "ms": mean})
    return rows


def _is_local(engine: dict) -> bool:
    return engine["status"] == "ok" and not engine["recorded"]


def _mean(values: list[float | None]) -> float | None:
    return geometric_mean(values) if all(values) else None


def _fronts(report: dict, times: dict) -> list[dict]:
    local = {engine["id"] for engine in report["engines"] if _is_local(engine)}
    fronts = []
    for name in [ALL] + [row["name"] for row in report["sets"]]:
        for metric in METRICS:
            points = {
                row["engine"]: (_loss(metric, row["metrics"][metric]["value"]), times[row["engine"], name]["median"])
                for row in report["quality"]
                if row["set"] == name
                and row["engine"] in local
                and row["metrics"].get(metric)
                and (row["engine"], name) in times
            }
            if points:
                fronts.append({"set": name, "metric": metric, "engines": _front(points)})
    return fronts


def _loss(metric: str, value: float) -> float:
    return -value if METRICS[metric].higher_is_better else value


def _front(points: dict[str, tuple[float, float]]) -> list[str]:
    """The points (less is better, in both) that no other one dominates, fastest first."""
    kept = [
        name
        for name, own in points.items()
        if not any(other != own and other[0] <= own[0] and other[1] <= own[1] for other in points.values())
    ]
    return sorted(kept, key=lambda name: points[name][1])


def _answer(report: dict, times: dict) -> dict | None:
    """The best configuration of each family on all sets, or on the first set on which ours was measured."""
    kinds = {row["name"]: row["kind"] for row in report["sets"]}
    names = [ALL] + sorted(kinds, key=lambda name: kinds[name] == "lines")
    for name in names:
        for metric in METRICS:
            best = _best_of_families(report, times, name, metric)
            if OURS in best:
                mine = times[best[OURS], name]
                ratios = {engine: _ratio(times[engine, name], mine) for engine in best.values() if engine != best[OURS]}
                rows = [{"engine": engine, "speed_ratio": ratios.get(engine)} for engine in best.values()]
                rows.sort(key=lambda row: times[row["engine"], name]["median"])
                return {"set": name, "metric": metric, "engine": best[OURS], "best": rows}
    return None


def _best_of_families(report: dict, times: dict, name: str, metric: str) -> dict[str, str]:
    """{family: id}: the fastest engine of a family whose accuracy is within the noise of the family's best."""
    rows = {row["engine"]: row["metrics"].get(metric) for row in report["quality"] if row["set"] == name}
    families: dict[str, list[str]] = {}
    for engine in report["engines"]:
        key = engine["id"]
        if _is_local(engine) and rows.get(key) and (key, name) in times:
            families.setdefault(family(engine["name"]), []).append(key)
    best = {}
    for kind, engines in families.items():
        top = min(engines, key=lambda key: _loss(metric, rows[key]["value"]))
        edge = rows[top]["low" if METRICS[metric].higher_is_better else "high"]
        worst = _loss(metric, rows[top]["value"] if edge is None else edge)
        as_good = [key for key in engines if _loss(metric, rows[key]["value"]) <= worst or key == top]
        best[kind] = min(as_good, key=lambda key: times[key, name]["median"])
    return best


def _ratio(theirs: dict, mine: dict) -> dict:
    spread = [theirs.get("low"), theirs.get("high"), mine.get("low"), mine.get("high")]
    known = all(spread)
    return {
        "value": theirs["median"] / mine["median"],
        "low": theirs["low"] / mine["high"] if known else None,
        "high": theirs["high"] / mine["low"] if known else None,
    }
