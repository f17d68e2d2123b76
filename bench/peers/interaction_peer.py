"""The local interaction basis of a pre-norm transformer block or a ReLU layer and its squared edges, in PyTorch.

This is our reading of how the authors' package `rib` (Apollo Research, 2024) computes them, not the
package itself, which is not on PyPI: float64, biases carried by a constant coordinate, one
vector-Jacobian product per output coordinate and output position, each for a whole batch, with the
graph retained. WAY is `loop` (one torch.autograd.grad for each, as the package does) or `batched`
(is_grads_batched: torch.func's vmap over all coordinates at one position). Kinder than the package:
M' is added up product by product, so that not all gradients are held at once.
"""

import torch
from safetensors import safe_open


class Block:
    """timm's pre-norm block on [n, positions, d + 1], the last coordinate carrying the biases."""

    def __init__(self, weights, heads):
        self.weights, self.heads = weights, heads

    def norm(self, x, c, name):
        w = self.weights
        return torch.nn.functional.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], eps=1e-6) \
            + c * w[f"{name}.bias"]

    def linear(self, x, c, name):
        return x @ self.weights[f"{name}.weight"].T + c * self.weights[f"{name}.bias"]

    def __call__(self, activation):
        x, c = activation[..., :-1], activation[..., -1:]
        n, positions, d = x.shape
        qkv = self.linear(self.norm(x, c, "norm1"), c, "attn.qkv")
        q, k, v = qkv.reshape(n, positions, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.linear(mixed.transpose(1, 2).reshape(n, positions, d), c, "attn.proj")
        hidden = torch.nn.functional.gelu(self.linear(self.norm(x, c, "norm2"), c, "mlp.fc1"))
        return torch.cat([x + self.linear(hidden, c, "mlp.fc2"), c], -1)


class Layer:
    """A linear layer and ReLU on [n, 1, d + 1], the last coordinate carrying the biases."""

    def __init__(self, weights):
        self.weights = weights

    def __call__(self, activation):
        x, c = activation[..., :-1], activation[..., -1:]
        return torch.cat([torch.relu(x @ self.weights["weight"].T + c * self.weights["bias"]), c], -1)


def products(outputs, start, way):
    """Yields gradients of [n, positions, d] outputs, [outputs, n, positions, d], position by position."""
    n, positions, width = outputs.shape
    for t in range(positions):
        if way == "loop":
            for i in range(width):
                yield t, i, torch.autograd.grad(
                    outputs[:, t, i].sum(), start, retain_graph=True)[0].unsqueeze(0)
        else:
            vectors = torch.zeros(width, n, positions, width, dtype=outputs.dtype)
            vectors[:, :, t, :] = torch.eye(width, dtype=outputs.dtype).unsqueeze(1)
            yield t, 0, torch.autograd.grad(
                outputs, start, vectors, retain_graph=True, is_grads_batched=True)[0]


def compute(block, activations, way):
    """Lambda and the edges; the output keeps its own coordinates, nothing is dropped."""
    n, positions, width = activations.shape
    rows = activations.reshape(-1, width)
    mean = rows.mean(0)
    mean[-1] = 0
    shifted = rows - mean
    gram = shifted.T @ shifted / len(rows)

    start = activations.clone().requires_grad_()
    outputs = block(start)
    sums = torch.zeros(width, width, dtype=rows.dtype)
    for _, _, gradient in products(outputs, start, way):
        flat = gradient.reshape(-1, width)
        sums += flat.T @ flat
    sums /= len(rows)

    # The constant direction is kept apart, at the front.
    values, vectors = torch.linalg.eigh(gram[:-1, :-1])
    principal = torch.zeros_like(gram)
    principal[-1, 0] = 1
    principal[:-1, 1:] = vectors
    size = torch.cat([gram.new_ones(1), values])
    shift, back = torch.eye(width, dtype=gram.dtype), torch.eye(width, dtype=gram.dtype)
    shift[-1, :-1], back[-1, :-1] = -mean[:-1], mean[:-1]
    white = shift @ principal / size.sqrt()
    inverse = size.sqrt().unsqueeze(1) * (principal.T @ back)
    middle = inverse @ sums @ inverse.T
    rest, turned = torch.linalg.eigh(middle[1:, 1:])
    turn = torch.block_diag(torch.ones(1, 1, dtype=gram.dtype), turned)
    scale = torch.cat([middle[:1, 0], rest])
    order = torch.cat([torch.zeros(1, dtype=torch.long), rest.argsort(descending=True) + 1])
    basis = (white @ turn * scale.sqrt())[:, order]
    inverse = ((turn / scale.sqrt()).T @ inverse)[order]

    coordinates = (activations @ basis).requires_grad_()
    outputs = block(coordinates @ inverse)
    edges = torch.zeros(width, width, dtype=gram.dtype)
    for _, i, gradient in products(outputs, coordinates, way):
        effects = (gradient * coordinates.detach()).sum(2)
        edges[i:i + len(effects)] += effects.detach().square().sum(1)
    return scale[order], edges / len(rows)


def analysis(path, way):
    """What is timed; before, that it gives the numbers in the file."""
    with safe_open(path, "pt") as file:
        weights = {key: file.get_tensor(key).double() for key in file.keys()}
        metadata = file.metadata() or {}
    activations, size, expected = (weights.pop(key) for key in ("activations", "lambda", "edges"))
    block = Block(weights, int(metadata["heads"])) if "heads" in metadata else Layer(weights)
    if activations.dim() == 2:
        activations = activations.unsqueeze(1)
    found = compute(block, activations, way)
    for own, other in zip(found, (size, expected)):
        error = float((own - other).abs().max() / other.abs().max())
        if not error < 1e-6:
            raise ValueError(f"the results differ by {error:.1g} of the largest")
    return lambda: compute(block, activations, way)
