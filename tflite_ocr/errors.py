"""Errors that a user can act on; each carries the exit code of the command line."""


class OcrError(Exception):
    """Base of every error raised on purpose: says what was expected, what was found, what to do."""

    exit_code = 1


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


class VideoReadError(OcrError):
    """The input is not a video that can be read, or ends before it should."""

    exit_code = 3


class VideoWriteError(OcrError):
    """A video cannot be written: the disk is full, the encoder is missing, the kind of file is not known."""

    exit_code = 1
