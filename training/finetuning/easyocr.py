"""Fine-tuning of EasyOCR's recognisers of generation 2: from its weights to a custom model that EasyOCR loads."""

import importlib.util
import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from converters import checkpoints
from converters.download import obtain
from converters.networks import crnn
from converters.networks.crnn import CROP_HEIGHT, Crnn, CrnnShape
from converters.sources import easyocr, easyocr_models
from tflite_ocr import files
from training.errors import TrainingError
from training.finetuning.batches import LineFormat
from training.finetuning.loop import Student

# EasyOCR's names of the two folders of a custom model.
NETWORK_FOLDER, STORAGE_FOLDER = "user_network", "model"
# EasyOCR learns and reads lines on canvases of multiples of their height.
SIGHT = LineFormat(
    easyocr.RECOGNIZER_INPUT,
    CROP_HEIGHT,
    stretch=1.0,
    multiple=CROP_HEIGHT,
    widest=easyocr.WIDTHS[-1],
    frame_width=4,
    frames_lost=1,
)
_BACKBONE = "vgg"


class Model(Crnn):
    """A recogniser in the form in which EasyOCR loads networks of its users, written behind the module of Crnn.

    Beside a .yaml of the same name with `network_params`, `imgH`, `lang_list` and `character_list` that file is a
    network of `easyocr.Reader(..., recog_network=NAME, user_network_directory=..., model_storage_directory=...)`; it
    needs nothing but PyTorch.
    """

    def __init__(self, input_channel, output_channel, hidden_size, num_class):
        super().__init__(CrnnShape("vgg", output_channel, hidden_size, num_class))

    def forward(self, image, text=None):
        """EasyOCR gives a `text` for networks with attention; this one needs none."""
        return super().forward(image)


def student(languages: Sequence[str], weights: Path | None = None) -> Student:
    """EasyOCR's recogniser for some languages, cut to their characters.

    Raises:
        ConversionError: Languages that do not go together, or weights that are absent or of another network.
        TrainingError: No folder, or the languages' recogniser is of generation 1.
    """
    model = easyocr_models.recognizer(languages)
    if not model.languages:
        raise TrainingError(
            f"expected EasyOCR's language codes, such as en or en,fr, found the model {model.name}; "
            "its custom models name their languages"
        )
    if model.shape.backbone != _BACKBONE:
        raise TrainingError(
            f"expected languages of a recogniser of EasyOCR's generation 2, found "
            f"{','.join(languages)}, which {model.name} of generation 1 reads; convert it as it is"
        )
    if weights is None:
        raise TrainingError(
            f"expected --weights, the folder of {model.remote.member}; an EasyOCR that has read "
            f"{','.join(languages)} keeps it in ~/.EasyOCR/model"
        )
    path = obtain(model.remote, cache=weights, weights=weights)
    network = easyocr.keep_classes(easyocr.load_crnn(path, model), model.classes)
    characters = ("", *model.characters)
    return Student(
        f"easyocr {','.join(model.languages)}",
        network,
        tuple(characters[i] for i in model.classes),
        SIGHT,
        lambda module, images: module(images).transpose(1, 2),
    )


def save(tuned: Student, languages: Sequence[str], out: Path, name: str) -> tuple[Path, Path]:
    """Writes a custom model of EasyOCR: its network and facts, and its weights.

    Args:
        languages: Codes that easyocr.Reader may be given for it.
        out: The network is written to out/user_network, the weights to out/model.

    Returns:
        Both folders, for EasyOCR's `user_network_directory` and `model_storage_directory`.
    """
    check_name(name)
    networks, storage = out / NETWORK_FOLDER, out / STORAGE_FOLDER
    shape = tuned.network.shape
    facts = {
        "network_params": {"input_channel": 1, "output_channel": shape.channels, "hidden_size": shape.hidden},
        "imgH": CROP_HEIGHT,
        "lang_list": list(languages),
        "character_list": "".join(tuned.charset),
    }
    # Each value is JSON, which YAML contains.
    text = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in facts.items())
    with files.replacing(networks / f"{name}.py", parents=True) as file:
        file.write(Path(crnn.__file__).read_bytes() + f"\n\n{inspect.getsource(Model)}".encode())
    with files.replacing(networks / f"{name}.yaml", parents=True) as file:
        file.write(text.encode())
    # EasyOCR cuts this prefix of torch.nn.DataParallel off without looking.
    state = {f"module.{key}": tensor.detach().cpu() for key, tensor in tuned.network.state_dict().items()}
    with files.replacing(storage / f"{name}.pth", parents=True) as file:
        torch.save(state, file)
    return networks, storage


def saved(tuned: Student, out: Path, name: str) -> Student:
    """The recogniser as EasyOCR gets it: the network of the written file with the written weights.

    Raises:
        ConversionError: They do not fit together.
    """
    path = out / NETWORK_FOLDER / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"easyocr_custom_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shape = tuned.network.shape
    network = module.Model(1, shape.channels, shape.hidden, num_class=len(tuned.charset))
    weights = out / STORAGE_FOLDER / f"{name}.pth"
    checkpoints.load_into(network, checkpoints.load_state_dict(weights), weights.name)
    return Student(tuned.name, network, tuned.charset, tuned.line_format, tuned.logits)


def check_name(name: str) -> None:
    """Raises TrainingError where EasyOCR could not import a network of this name."""
    if not name.isidentifier() or name == "standard":
        raise TrainingError(
            f"expected a name that can be imported, such as receipts, found {name!r}; choose another --name"
        )
    # A module that is installed would be imported in its place.
    if name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise TrainingError(f"expected a name of no other Python module, found {name!r}; choose another --name")
