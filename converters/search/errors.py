"""The error of a search that found nothing."""

from tflite_ocr.errors import OcrError

STAGE = "search"


class BudgetError(OcrError):
    """No combination that was allowed stays within the budget.

    Attributes:
        budget: Points that may be lost.
        lost: Points that the best combination loses.
    """

    exit_code = 8

    def __init__(self, budget: float, lost: float, best: str):
        super().__init__(
            f"{STAGE}: expected a combination that loses at most {budget:g} points, found none; the best ({best}) "
            f"loses {lost:.2f}, and nothing was written. Allow more (--search {lost + 0.01:.2f}), leave the networks "
            "whole (--search-channels 0), allow more precisions (--search-precision), or let pruned networks learn "
            "longer (--channel-steps)"
        )
        self.budget = budget
        self.lost = lost
