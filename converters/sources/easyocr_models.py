"""Which of EasyOCR's recognisers reads which languages, from the tables of the installed package.

The tables (addresses, md5 sums, characters) are read out of easyocr/config.py alone: importing the package
would bring torchvision and its compiled operators, which nothing here needs.
"""

import functools
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from converters.download import RemoteFile
from converters.errors import source_error
from converters.networks.crnn import CrnnShape
from converters.sources.installed import folder_of

# Where EasyOCR keeps digits and punctuation of models that name none.
_SYMBOLS = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
# Backbone, channels and hidden units by generation, as EasyOCR builds them.
_SHAPES = {"gen1": ("resnet", 512, 512), "gen2": ("vgg", 256, 256)}
# The first of these with one of the languages decides; each model also reads English.
_BY_LANGUAGE = dict(
    pair.split(":")
    for pair in "th:thai_g1 ch_tra:zh_tra_g1 ch_sim:zh_sim_g2 ja:japanese_g2 ko:korean_g2 ta:tamil_g1 te:telugu_g2 "
    "kn:kannada_g2".split()
)
_SCRIPTS = ("bengali_g1", "arabic_g1", "devanagari_g1", "cyrillic_g2")
_ENGLISH, _LATIN = "english_g2", "latin_g2"


@dataclass(frozen=True)
class RecognizerModel:
    """One entry of EasyOCR's table of recognisers.

    Attributes:
        name: Its key, such as "latin_g2".
        characters: Characters of the classes 1, 2, ...; class 0 is the blank. A few models list a character twice.
        languages: That were asked for; empty when the model was named directly.
        classes: Class numbers that may appear in the languages, ascending, the blank first.
    """

    name: str
    shape: CrnnShape
    remote: RemoteFile
    languages: tuple[str, ...]
    classes: tuple[int, ...]
    characters: str


def detector(name: str = "craft") -> RemoteFile:
    """Where a detector of EasyOCR's table is published.

    Raises:
        ConversionError: It cannot be converted, or there is none of this name.
    """
    table = _config().detection_models
    if name.startswith("dbnet"):
        raise source_error(
            f"{name} cannot be converted: its backbone has modulated deformable convolutions, which sample at "
            "positions that the network computes. ONNX knows them (DeformConv), TensorFlow Lite and XNNPACK do not; "
            "written out, every output would gather 36 values outside XNNPACK, with no int8 form. Use the detector "
            "craft"
        )
    if name not in table:
        raise source_error(f"expected the detector craft, found {name!r}")
    return _remote(table[name])


def recognizer(languages: Sequence[str]) -> RecognizerModel:
    """The recogniser that EasyOCR's Reader takes for these languages.

    Args:
        languages: EasyOCR's codes, such as ["en", "fr"]; or one name of a model, such as ["cyrillic_g1"], which
            then keeps all its characters.

    Raises:
        ConversionError: An unknown language, or languages that no one model reads.
    """
    languages = tuple(dict.fromkeys(languages))
    config = _config()
    table = {
        name: (generation, entry)
        for generation, names in config.recognition_models.items()
        for name, entry in names.items()
    }
    if len(languages) == 1 and languages[0] in table:
        return _model(languages[0], *table[languages[0]], ())
    unknown = [code for code in languages if code not in config.all_lang_list]
    if unknown or not languages:
        raise source_error(
            f"expected EasyOCR's language codes ({' '.join(sorted(config.all_lang_list))}) or the name of one of its "
            f"models ({' '.join(sorted(table))}), found {' '.join(unknown) or 'none'}"
        )
    name = _choose(languages, config)
    return _model(name, *table[name], languages)


def _choose(languages: tuple[str, ...], config: ModuleType) -> str:
    if languages == ("en",):
        return _ENGLISH
    groups = [((code,), name) for code, name in _BY_LANGUAGE.items()]
    groups += [(tuple(getattr(config, f"{name[:-3]}_lang_list")), name) for name in _SCRIPTS]
    for codes, name in groups:
        if set(languages) & set(codes):
            others = [code for code in languages if code not in (*codes, "en")]
            if others:
                raise source_error(
                    f"expected languages that one of EasyOCR's models reads, found {','.join(languages)}: {name} "
                    f"reads {','.join(codes)},en and not {','.join(others)}; convert them as two models"
                )
            return name
    return _LATIN


def _model(name: str, generation: str, entry: dict, languages: tuple[str, ...]) -> RecognizerModel:
    characters = entry["characters"]
    backbone, channels, hidden = _SHAPES[generation]
    return RecognizerModel(
        name=name,
        shape=CrnnShape(backbone, channels, hidden, len(characters) + 1),
        remote=_remote(entry),
        characters=characters,
        languages=languages,
        classes=_classes(characters, entry, languages),
    )


def _classes(characters: str, entry: dict, languages: tuple[str, ...]) -> tuple[int, ...]:
    """EasyOCR gives characters foreign to the languages no probability; the first of a doubled one alone."""
    if not languages:
        return tuple(range(len(characters) + 1))
    allowed = set(entry.get("symbols") or _SYMBOLS)
    for language in languages:
        path = folder_of("easyocr") / "character" / f"{language}_char.txt"
        try:
            allowed.update("".join(path.read_text(encoding="utf-8-sig").splitlines()))
        except OSError as error:
            raise source_error(f"expected EasyOCR's characters of {language!r}, found {error}") from None
    ignored = {characters.index(character) for character in set(characters) - allowed}
    return (0, *(i + 1 for i in range(len(characters)) if i not in ignored))


def _remote(entry: dict) -> RemoteFile:
    return RemoteFile(url=entry["url"], member=entry["filename"], md5=entry["md5sum"])


@functools.lru_cache(maxsize=1)
def _config() -> ModuleType:
    spec = importlib.util.spec_from_file_location("easyocr_config", folder_of("easyocr") / "config.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
