"""Errors that a user can act on; each carries the exit code of the command line."""


def printable(text: str) -> str:
    """A text as one line for any terminal: unprintable characters are escaped."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


class OcrError(Exception):
    """Base of all errors raised on purpose; the message says what was expected, what was found, what to do.

    The message is one printable line, whatever file names or manifest values it repeats.
    """

    exit_code = 1

    def __str__(self) -> str:
        return printable(super().__str__())


class OcrWarning(UserWarning):
    """Base of all warnings: a part was not read, the rest is not affected."""


class PagesLeftOutWarning(OcrWarning):
    """A file holds several pages or frames, of which the first is read.

    Attributes:
        pages: Least number of pages in the file.
    """

    def __init__(self, name: str, pages: int):
        super().__init__(f"{printable(name)}: holds {pages} pages or frames, and only the first is read")
        self.name, self.pages = name, pages


class ImageReadError(OcrError):
    """The input is not an image that can be read."""

    exit_code = 3


class ArtifactError(OcrError):
    """A model folder, its manifest or one of its files is missing, incomplete or altered."""

    exit_code = 4


class ModelContractError(OcrError):
    """A model file does not have the tensors that its manifest promises."""

    exit_code = 5


class MissingDependencyError(OcrError):
    """An optional package or program is needed and absent; the message names how to install it."""

    exit_code = 6


class MissingDecoderError(ImageReadError, MissingDependencyError):
    """The input is of a kind that an optional package reads, and that is absent; others can be read."""

    exit_code = MissingDependencyError.exit_code


class VideoReadError(OcrError):
    """The input is not a video that can be read, or ends before it should."""

    exit_code = 3


class VideoWriteError(OcrError):
    """A video cannot be written: the disk is full, the encoder is missing, the kind of file is not known."""

    exit_code = 1
