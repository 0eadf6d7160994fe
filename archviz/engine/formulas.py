"""Formulas: what the layers of torch compute, as LaTeX, by the name of their class."""

from torch import nn

NORM = r"y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta"
FORMULAS = {
    "Conv2d": r"y_{c,i,j} = b_c + \sum_{k,u,v} W_{c,k,u,v}\; x_{k,\,si+u-p,\,sj+v-p}",
    "Linear": r"y = W x + b",
    "Embedding": r"y_t = E_{x_t}",
    "BatchNorm1d": NORM + r",\quad \mu, \sigma^2 \text{ over the batch}",
    "BatchNorm2d": NORM + r",\quad \mu, \sigma^2 \text{ of each channel over batch and places}",
    "LayerNorm": NORM + r",\quad \mu, \sigma^2 \text{ over the features of one place}",
    "GroupNorm": NORM + r",\quad \mu, \sigma^2 \text{ over a group of channels of one example}",
    "LocalResponseNorm": r"y_c = x_c \left(k + \frac{\alpha}{n} \sum_{c'} x_{c'}^2\right)^{-\beta}",
    "ReLU": r"y = \max(0, x)",
    "ReLU6": r"y = \min(\max(0, x), 6)",
    "LeakyReLU": r"y = \max(a x, x)",
    "GELU": r"y = x\,\Phi(x)",
    "SiLU": r"y = \frac{x}{1 + e^{-x}}",
    "Sigmoid": r"y = \frac{1}{1 + e^{-x}}",
    "Tanh": r"y = \tanh x",
    "Softmax": r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    "MaxPool2d": r"y_{c,i,j} = \max_{u,v}\, x_{c,\,si+u,\,sj+v}",
    "AvgPool2d": r"y_{c,i,j} = \frac{1}{k^2} \sum_{u,v} x_{c,\,si+u,\,sj+v}",
    "AdaptiveAvgPool2d": r"y_{c,i,j} = \text{mean of } x_c \text{ over region } (i, j)",
    "MultiHeadAttention": r"y = W_o\,\mathrm{softmax}\!\left(\frac{Q K^T}{\sqrt{d}}\right) V",
    "add": r"y = a + b",
    "multiply": r"y = a \odot b",
    "concat": r"y = [a;\, b]",
    "mean": r"y = \frac{1}{n} \sum_i x_i",
    "relu": r"y = \max(0, x)",
    "attention": r"y = \mathrm{softmax}\!\left(\frac{Q K^T}{\sqrt{d}}\right) V",
    "causal attention": r"y_t = \sum_{s \le t} \mathrm{softmax}_s\!\left(\frac{q_t \cdot k_s}{\sqrt{d}}\right) v_s",
}


def formula(module: nn.Module | None, label: str) -> str:
    """The formula of a layer (or of an operation, by its label); empty for what is made of several."""
    if module is None:
        return FORMULAS.get(label, "")
    found = next((FORMULAS[kind.__name__] for kind in type(module).__mro__ if kind.__name__ in FORMULAS), "")
    if getattr(module, "bias", 0) is None:
        found = found.replace("b_c + ", "").replace(" + b", "").replace(r" + \beta", "")
    if isinstance(module, nn.Conv2d) and module.groups > 1:
        found = found.replace("k,u,v}", r"k \in G(c),\,u,\,v}", 1) + r",\quad G(c) \text{: the group of } c"
    if getattr(module, "scale", None) == 1.0:
        found = found.replace(r"\frac{Q K^T}{\sqrt{d}}", "Q K^T")
    position_bias = getattr(module, "position_bias", None)
    if isinstance(position_bias, nn.Module) and list(position_bias.parameters()):
        found = found.replace(r"\right)", r" + B\right)")
    return found
