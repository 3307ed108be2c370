"""GRU layers in the step network of LSTM layers (converters.lstm), so that the runtime needs no second one.

A GRU has three gates and one state where an LSTM has four and two: the fourth block of the projected gates and the
states c are zero. Cho et al., arXiv 1406.1078, with the reset gate behind the recurrent product, as PyTorch and cuDNN
have it (linear_before_reset of ONNX).
"""

import torch
from torch import nn

_GATES = 3  # r, z, n as PyTorch orders them


class GruStep(nn.Module):
    """One time step of a bidirectional GRU layer."""

    def __init__(self, rnn: nn.GRU):
        super().__init__()
        self.hidden = rnn.hidden_size
        self.forward_gates = _recurrent(rnn.weight_hh_l0, rnn.bias_hh_l0)
        self.backward_gates = _recurrent(rnn.weight_hh_l0_reverse, rnn.bias_hh_l0_reverse)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Advances both directions of N sequences by one column.

        Args:
            x: float32 [1, 12 * hidden, 1, N] as of converters.lstm.LstmStep: of each direction's four blocks of
                projected gates the first three are r, z and n; c is handed on as it is.

        Returns:
            float32 [1, 4 * hidden, 1, N], the next state; its first half is the layer's output at these columns.
        """
        gates = 4 * self.hidden
        x_forward, x_backward, *state = x.split([gates, gates] + [self.hidden] * 4, dim=1)
        h_forward, h_backward, *unused = state
        h_forward = _cell(x_forward, self.forward_gates(h_forward), h_forward)
        h_backward = _cell(x_backward, self.backward_gates(h_backward), h_backward)
        return torch.cat([h_forward, h_backward, *unused], dim=1)


def projection(rnn: nn.GRU) -> tuple[torch.Tensor, torch.Tensor]:
    """(weight [8 * hidden, inputs], bias [8 * hidden]): what the gates take from the input, zero in the fourth."""
    nothing = torch.zeros(rnn.hidden_size, rnn.weight_ih_l0.shape[1])
    weights, biases = [], []
    for suffix in ("", "_reverse"):
        recurrent, own = getattr(rnn, f"bias_hh_l0{suffix}"), getattr(rnn, f"bias_ih_l0{suffix}")
        # The recurrent bias of n is multiplied by r, so it stays in the step.
        outside = torch.cat([recurrent[: 2 * rnn.hidden_size], torch.zeros(rnn.hidden_size)])
        weights += [getattr(rnn, f"weight_ih_l0{suffix}"), nothing]
        biases += [own + outside, nothing[:, 0]]
    return torch.cat(weights), torch.cat(biases)


def _cell(x: torch.Tensor, recurrent: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    x_r, x_z, x_n, _ = x.chunk(4, dim=1)
    h_r, h_z, h_n = recurrent.chunk(_GATES, dim=1)
    z = torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
    return n + z * (h - n)


def _recurrent(weight: torch.Tensor, bias: torch.Tensor) -> nn.Conv2d:
    """The recurrent products of all gates as 1x1 convolution, with the bias of n alone."""
    hidden = weight.shape[1]
    layer = nn.Conv2d(hidden, _GATES * hidden, 1)
    layer.weight.copy_(weight[:, :, None, None])
    layer.bias.copy_(torch.cat([torch.zeros(2 * hidden), bias[2 * hidden :]]))
    return layer.eval()
