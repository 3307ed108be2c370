"""The search itself: what is tried, in which order, and what is kept.

First everything is int8. Where that costs more than the budget, the networks are searched one after the other, each
within its part of the budget and what those before it left: the layers that suffer most are given back their
precision, as few as the budget asks for, found by bisection. A pruned network goes the same way and is kept when it
is the faster one. What stays float32 in the end is stored in float16 if the budget allows.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from converters.errors import BudgetError, ConversionError, ParityError, search_error
from converters.search.latency import Latency
from converters.search.path import WHOLE, SearchLog
from converters.search.variant import PrecisionChoice, Prepared, Variant

# A choice has to be so much faster than the one before it, or the one before it stays.
_FASTER = 0.98
# float16 kernels are widened when a network is loaded; more than this in time is no measuring error.
_AS_FAST = 1.05
# Accuracies are ratios of counts: what is equal may differ in the last bits.
_TINY = 1e-9


@dataclass(frozen=True)
class Candidate:
    """One network of a model.

    Attributes:
        quantized: Whether it may have another precision than float; then it has a part of the budget.
        variants: By the name of the pruning, made when their turn comes.
    """

    name: str
    quantized: bool
    variants: Mapping[str, Callable[[], Prepared]]


class PrecisionSearch:
    """One search. What it reads and what it times it is given, so that both can be replaced.

    Args:
        clock: Times a file of a network against its float32.
    """

    def __init__(
        self,
        budget: float,
        precisions: Sequence[str],
        score: Callable[[Mapping[str, Path]], dict[str, float]],
        clock: Callable[[str, Path], Latency],
        path: SearchLog,
    ):
        self._budget, self.precisions = budget, precisions
        self._score, self.clock, self.path = score, clock, path
        self._baseline: dict[str, float] = {}
        self._best: tuple[float, str] = (math.inf, "")

    def run(self, candidates: Sequence[Candidate], plain: Mapping[str, Path]) -> dict[str, PrecisionChoice]:
        """Searches all networks, in their order.

        Args:
            plain: float32 file of every network of the model.

        Raises:
            BudgetError: No combination that is allowed stays within the budget.
            ConversionError: The float32 model reads nothing of a set.
        """
        self._baseline = self._score(plain)
        self.path.add("", WHOLE, "float32", "what the budget is counted from", self._baseline, 0.0)
        for name, value in self._baseline.items():
            if value == 0:
                raise search_error(
                    f"expected images of which the float32 model reads some text, found none in {name}; look at its "
                    "labels"
                )
        settled = self._all_int8(candidates, plain)
        state = {**plain, **(settled or {})}
        chosen, parts, part = {}, max(1, sum(one.quantized for one in candidates)), 0
        for candidate in candidates:
            part += candidate.quantized
            limit = self._budget if settled else self._budget * part / parts
            chosen[candidate.name] = self._fastest(candidate, state, limit)
            state[candidate.name] = chosen[candidate.name].file
        return self._stored_in_half(chosen, state)

    def _all_int8(self, candidates: Sequence[Candidate], plain: Mapping[str, Path]) -> dict[str, Path] | None:
        """All networks in int8, if that is allowed and within the budget."""
        if "int8" not in self.precisions or not all(WHOLE in one.variants for one in candidates):
            return None
        files = {one.name: one.variants[WHOLE]().int8 or plain[one.name] for one in candidates}
        good = self.within("", WHOLE, "int8 everywhere", {**plain, **files}, self._budget)
        return files if good else None

    def _fastest(self, candidate: Candidate, state: Mapping[str, Path], limit: float) -> PrecisionChoice:
        best, refused, name = None, None, candidate.name
        self._best = (math.inf, "")
        for pruning, prepare in candidate.variants.items():
            try:
                prepared = prepare()
            except (ConversionError, ParityError) as error:
                if pruning == WHOLE:
                    raise
                self.path.add(name, pruning, "pruned", f"not possible: {error}")
                refused = error
                continue
            for choice in Variant(self, name, pruning, prepared, state, limit).choices():
                if best is None or choice.latency.ratio < _FASTER * best.latency.ratio:
                    best = choice
        if best is None:
            lost, what = self._best
            raise BudgetError(self._budget, lost, what) if math.isfinite(lost) else refused
        tried, size = f"the fastest within {limit:.3g} points: {best.summary()}", best.file.stat().st_size
        self.path.add(name, best.pruning, tried, "chosen", latency=best.latency, size_bytes=size)
        return best

    def _stored_in_half(
        self, chosen: dict[str, PrecisionChoice], state: Mapping[str, Path]
    ) -> dict[str, PrecisionChoice]:
        """The choices with float16 kernels for float32 ones, if they are as accurate and as fast."""
        if "float16" not in self.precisions:
            return chosen
        smaller = {}
        for name, before in chosen.items():
            if not before.stored:
                continue
            file, layers = before.stored()
            latency, size = self.clock(name, file), file.stat().st_size
            as_fast = latency.ratio <= _AS_FAST * before.latency.ratio
            is_smaller = size < before.file.stat().st_size
            decision = "no smaller" if not is_smaller else "as fast, and smaller" if as_fast else "slower"
            tried = "float32 stored in float16"
            self.path.add(name, before.pruning, tried, decision, latency=latency, size_bytes=size)
            if is_smaller and as_fast:
                smaller[name] = PrecisionChoice(file, before.pruning, layers, latency)
        files = {**state, **{name: choice.file for name, choice in smaller.items()}}
        if not smaller or not self.within("", WHOLE, "these stored in float16", files, self._budget):
            return chosen
        return {**chosen, **smaller}

    def within(self, network: str, pruning: str, tried: str, files: Mapping[str, Path], limit: float) -> bool:
        """Whether a model loses no more than `limit`; a step of the path."""
        accuracy = self._score(files)
        lost = max(self._baseline[name] - value for name, value in accuracy.items())
        good = lost <= limit + _TINY
        self._best = min(self._best, (lost, f"{network or 'all networks'}, {pruning}, {tried}"))
        decision = f"within {limit:.3g} points" if good else f"more than {limit:.3g} points"
        size = files[network].stat().st_size if network else 0
        self.path.add(network, pruning, tried, decision, accuracy, lost, size_bytes=size)
        return good
