"""The report in a terminal: one table a set, one of its kinds, one of the networks, and the notes."""

from collections.abc import Iterator

from benchmarks.report.derive import busy


def text(report: dict) -> str:
    """Lines for people.

    Args:
        report: As benchmarks/report/schema.md describes it.
    """
    engines = {engine["id"]: engine for engine in report["engines"]}
    parts = [f"{report['machine']['cpu']}, {report['machine']['cores']} cores"]
    parts += [sentence] if (sentence := busy(report)) else []
    parts += ["\n".join(_set(row["name"], report, engines)) for row in report["sets"]]
    parts += ["\n".join(_kinds(name, rows, engines)) for name, rows in _by_set(report.get("kinds", [])).items()]
    parts += ["\n".join(_network(title, rows)) for title, rows in _networks(report).items()]
    absent = [
        f"  {engine['id']}: {engine['status']}: {engine['reason']}"
        for engine in engines.values()
        if engine["status"] != "ok"
    ]
    if absent:
        parts.append("\n".join(["not measured, or not to the end", *absent]))
    if report["notes"]:
        parts.append("\n".join(report["notes"]))
    return "\n\n".join(parts)


def _set(name: str, report: dict, engines: dict[str, dict]) -> Iterator[str]:
    """Accuracy and time of one set, the fastest engine first."""
    quality = {row["engine"]: row for row in report["quality"] if row["set"] == name}
    speed = {row["engine"]: row for row in report["speed"] if row["set"] == name}
    images = next(row["images"] for row in report["sets"] if row["name"] == name)
    yield f"{name}, {images} images"
    heading = ("engine", "F1", "words", "exact", "detection", "best ms", "spread", "start ms", "peak MiB")
    yield (
        f"  {heading[0]:<34}"
        + "".join(f"{title:>11}" for title in heading[1:5])
        + f"{heading[5]:>10}"
        + "".join(f"{title:>{width}}" for title, width in zip(heading[6:], (18, 10, 10), strict=True))
    )
    for key in sorted(speed, key=lambda key: speed[key]["ms"]["median"]):
        metrics, ms = quality[key]["metrics"], speed[key]["ms"]
        accuracy = [_share(metrics[m]) for m in ("bag_f1", "word_accuracy", "exact_lines", "detection_hmean")]
        spread = f"{ms['low']:.1f} - {ms['high']:.1f}"
        start, peak = engines[key].get("cold_start_ms"), engines[key].get("peak_rss_mib")
        name = key if engines[key]["status"] == "ok" else f"{key} ({engines[key]['status']})"
        yield (
            f"  {name:<34}" + "".join(f"{value:>11}" for value in accuracy) + f"{ms['median']:>10.1f}{spread:>18}"
            f"{start['median'] if start else float('nan'):>10.0f}{peak if peak else float('nan'):>10.0f}"
        )


def _by_set(kinds: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in kinds:
        found.setdefault(row["set"], []).append(row)
    return found


def _kinds(name: str, rows: list[dict], engines: dict[str, dict]) -> Iterator[str]:
    """Texts given exactly, kind by kind; of an engine with several numbers of threads one column stands for all."""
    columns: dict[tuple, str] = {}
    for row in rows:
        engine = engines[row["engine"]]
        columns.setdefault((engine["title"], engine.get("precision")), row["engine"])
    shares = {(row["engine"], row["kind"]): row for row in rows}
    width = max(7, *map(len, columns.values())) + 2
    yield f"{name}, kind by kind: texts given exactly"
    yield f"  {'kind':<22}{'images':>7}{'texts':>7}" + "".join(f"{engine:>{width}}" for engine in columns.values())
    for kind in dict.fromkeys(row["kind"] for row in rows):
        found = [shares.get((engine, kind)) for engine in columns.values()]
        first = next(row for row in found if row)
        cells = ["-" if row is None or row["share"] is None else _share({"value": row["share"]}) for row in found]
        yield f"  {kind:<22}{first['images']:>7}{first['asked']:>7}" + "".join(f"{cell:>{width}}" for cell in cells)


def _networks(report: dict) -> dict[str, list[dict]]:
    groups: dict[str, list[dict]] = {}
    for row in report["networks"]:
        size = "x".join(map(str, row["shape"]))
        groups.setdefault(f"{row['model']}, {row['network']}, input {size}", []).append(row)
    return groups


def _network(title: str, rows: list[dict]) -> Iterator[str]:
    """The times of one network; speeds are against the first that was measured."""
    yield title
    yield f"  {'engine':<28}{'precision':<10}{'device':<7}{'threads':>7}{'median ms':>11}{'quartiles':>20}{'speed':>8}"
    base = next((row["ms"]["median"] for row in rows if row.get("ms")), None)
    for row in rows:
        place = f"  {row['engine']:<28}{row['precision'] or '':<10}{row['device']:<7}{row['threads'] or 'own':>7}"
        ms = row.get("ms")
        if ms is None:
            yield f"{place}   skipped: {row['skipped']}"
            continue
        spread = f"{ms['low']:.2f} - {ms['high']:.2f}"
        yield f"{place}{ms['median']:>11.2f}{spread:>20}{base / ms['median']:>7.1f}x"


def _share(metric: dict | None) -> str:
    return "-" if metric is None else f"{100 * metric['value']:.1f} %"
