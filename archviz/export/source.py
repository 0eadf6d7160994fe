"""Source: an assembled model as one readable Python file that needs nothing but torch.

The file's `Model` has the same parameters under the same names as the model on the canvas, so that its weights load.
"""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.fitting import Fit, fit_all
from archviz.blocks.assembly.inputs import InputConfig
from archviz.blocks.assembly.sheet import Step, structure
from archviz.core.setup import Inputs
from archviz.models.assembled import Assembled

OWN = {
    name: value for name, value in vars(plain).items() if inspect.isclass(value) and value.__module__ == plain.__name__
}


def to_source(config: Assembled.Config, title: str = "Model") -> str:
    """The model as a Python file. Run by itself it builds the model and prints what it gives for one example."""
    return "\n".join(_Source(config, title).lines()) + "\n"


class _Source:
    def __init__(self, config: Assembled.Config, title: str) -> None:
        self.config, self.title = config, title
        self.structure = structure(config.sheet)
        self.fits = {one.node.id: one for one in fit_all(config.sheet, self.structure) if isinstance(one, Fit)}
        self.titles = {group.id: group.title for group in config.groups}

    def lines(self) -> list[str]:
        steps = self.structure.steps
        entry = next(step.id for step in steps if step.node and isinstance(step.node.block, InputConfig))
        body = self._class("Model", [step for step in steps if step.id != entry], entry, self.structure.output)
        units: list[str] = []
        for step in steps:
            if step.inside:
                units += self._class(self._unit(step), step.inside, step.entry, step.inside[-1].id)
        copied = _copies("\n".join((*units, *body)))
        text = "\n".join((*copied, *units, *body))
        given = self.config.inputs
        made = (
            f"torch.randint({given.vocabulary}, (1, {given.shape[0]}))"
            if given.vocabulary is not None
            else f"torch.randn(1, {', '.join(map(str, given.shape))})"
        )
        return [
            f'"""{_plain(self.title)}, assembled in archviz.',
            "",
            f"In: {_words(given)}. Out: {_words(self.fits[self._last()].gives)}.",
            "Weights saved by archviz load with",
            "    from safetensors.torch import load_file",
            '    model.load_state_dict(load_file("model.safetensors"))',
            '"""',
            "",
            *(["import math", ""] if re.search(r"\bmath\.", text) else []),
            "import torch",
            *(["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []),
            "from torch import Tensor, nn",
            "",
            *copied,
            *units,
            *body,
            "",
            'if __name__ == "__main__":',
            "    model = Model().eval()",
            f"    example = {made}",
            '    print("output", tuple(model(example).shape))',
            '    print("parameters", sum(parameter.numel() for parameter in model.parameters()))',
        ]

    def _last(self) -> str:
        last = next(step for step in self.structure.steps if step.id == self.structure.output)
        return last.inside[-1].id if last.inside else last.id

    def _class(self, name: str, steps: Sequence[Step], entry: str, output: str | None) -> list[str]:
        names = _variables(steps, entry, output)
        made, called = [], []
        for step in steps:
            operands = [names[source] for source in step.values]
            operands += [f"self.{embedding}.weight" for embedding in step.tied]
            if step.inside:
                made.append(f"self.{step.id} = nn.Sequential(*({self._unit(step)}() for _ in range({step.times})))")
                expression = f"self.{step.id}({operands[0]})"
            else:
                found = self.fits[step.id]
                if found.layer.inline is None:
                    size = "×".join(map(str, found.gives.shape))
                    made.append(f"self.{step.id} = {found.layer.source()}  # {size}")
                    expression = f"self.{step.id}({', '.join(operands)})"
                else:
                    expression = found.layer.inline(*operands)
            called.append(f"{names[step.id]} = {expression}")
        result = names[output] if output is not None and output != entry else "x"
        return [
            "",
            f"class {name}(nn.Module):",
            "    def __init__(self) -> None:",
            "        super().__init__()",
            *(f"        {line}" for line in made),
            "",
            "    def forward(self, x: Tensor) -> Tensor:",
            *(f"        {line}" for line in called),
            f"        return {result}",
            "",
        ]

    def _unit(self, step: Step) -> str:
        """The class of a repeated group: `stage1` is Stage1."""
        return "".join(piece[:1].upper() + piece[1:] for piece in step.id.split("_")) + "Unit"


def _variables(steps: Sequence[Step], entry: str, output: str | None) -> Mapping[str, str]:
    """The variable that holds each value: `x` where only the next line needs it, else the name of the block."""
    order = [entry, *(step.id for step in steps)]
    users: dict[str, list[int]] = {name: [] for name in order}
    for place, step in enumerate(steps, start=1):
        for source in dict.fromkeys(step.values):
            users[source].append(place)
    names = {}
    for place, name in enumerate(order):
        alone = users[name] == [place + 1] or (not users[name] and name == output and place == len(order) - 1)
        names[name] = "x" if alone else name
    # What comes in is x; it keeps that name as long as no other value takes it before its last use.
    last = max(users[entry], default=0)
    if names[entry] != "x":
        for place, name in enumerate(order[1:], start=1):
            if place < last and names[name] == "x":
                names[name] = name
        names[entry] = "x"
    return names


def _copies(text: str) -> list[str]:
    """The classes of ours that the text uses, and those that they use, in the order of their file."""
    needed: set[str] = set()
    while True:
        sources = [text, *(inspect.getsource(OWN[name]) for name in sorted(needed))]
        found = {name for name in OWN for source in sources if re.search(rf"(?<![\w.]){name}[()]", source)}
        found = {name for name in found if name not in ("LSTM", "GRU", "RNN") or any(f" {name}(" in s for s in sources)}
        if found <= needed:
            break
        needed |= found
    copied: list[str] = []
    for name, own in OWN.items():
        if name in needed:
            copied += ["", *inspect.getsource(own).rstrip().split("\n"), ""]
    return copied


def _words(given: Inputs) -> str:
    size = "×".join(map(str, given.shape))
    return f"{size} tokens of {given.vocabulary}" if given.tokens else f"{size} numbers"


def _plain(title: str) -> str:
    return re.sub(r'["\\\n]', " ", title).strip() or "Model"


def imports(text: str) -> Iterable[str]:
    """The modules that a source imports, for those who want to be sure that it needs nothing but torch."""
    return sorted({match[1] for match in re.finditer(r"^(?:import|from) (\w+)", text, re.MULTILINE)})
