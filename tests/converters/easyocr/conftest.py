"""EasyOCR's own networks with seeded weights, saved as EasyOCR saves them."""

import pytest
import torch

from converters.sources.torchvision_shim import ensure_torchvision


def randomize(network, seed: int):
    """Weights that keep activations alive, and batch statistics that are not the initial ones."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            fan_in = module.weight[0].numel()
            module.weight.data = torch.randn(module.weight.shape, generator=generator) * (2 / fan_in) ** 0.5
        if isinstance(module, torch.nn.BatchNorm2d):
            size = module.weight.shape
            module.weight.data = 0.8 + 0.4 * torch.rand(size, generator=generator)
            module.bias.data = 0.2 * torch.randn(size, generator=generator)
            module.running_mean = 0.2 * torch.randn(size, generator=generator)
            module.running_var = 0.5 + torch.rand(size, generator=generator)
        if isinstance(module, (torch.nn.LSTM, torch.nn.Linear)):
            for parameter in module.parameters():
                parameter.data = (torch.rand(parameter.shape, generator=generator) - 0.5) * 0.2
    return network.eval()


def save(network, path):
    """As EasyOCR's checkpoints are: a state dict whose names begin with DataParallel's prefix."""
    torch.save({f"module.{name}": tensor for name, tensor in network.state_dict().items()}, path)
    return path


@pytest.fixture(scope="session")
def easyocr_craft(easyocr_module):
    """EasyOCR's detector."""
    ensure_torchvision()
    return randomize(easyocr_module("craft").CRAFT(), seed=0)


@pytest.fixture(scope="session")
def easyocr_crnn(easyocr_module):
    """Builds EasyOCR's recogniser of a generation with some number of classes; built once."""
    ensure_torchvision()
    modules = {"gen1": ("model.model", 512), "gen2": ("model.vgg_model", 256)}
    made = {}

    def build(generation: str, classes: int):
        if (generation, classes) not in made:
            name, size = modules[generation]
            made[generation, classes] = randomize(easyocr_module(name).Model(1, size, size, classes), seed=0)
        return made[generation, classes]

    return build


@pytest.fixture(scope="session")
def save_checkpoint():
    """Saves a network, see save."""
    return save
