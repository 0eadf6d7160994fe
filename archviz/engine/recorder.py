"""Recording: one forward pass on the meta device as a tree of module calls and operations; allocates no weights."""

import copy
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from archviz.core.setup import Inputs, ModelConfig
from archviz.engine.counting import Counter, NoFormula
from archviz.engine.example import example

RESHAPES = {
    "view", "view_as", "reshape", "reshape_as", "permute", "transpose", "t", "movedim", "swapaxes", "swapdims",
    "contiguous", "flatten", "unflatten", "ravel", "squeeze", "unsqueeze", "expand", "expand_as", "broadcast_to",
    "chunk", "split", "tensor_split", "unbind", "select", "narrow", "__getitem__", "__get__", "detach", "clone",
    "alias", "to", "type", "type_as", "float", "half", "double", "bfloat16",
}  # fmt: skip
"""Operations that only look at a tensor in another way: the graph draws the tensor that they look at."""

WORDS = {
    "cat": "concat",
    "concatenate": "concat",
    "div": "divide",
    "truediv": "divide",
    "mul": "multiply",
    "rsub": "subtract",
    "sub": "subtract",
    "scaled_dot_product_attention": "attention",
}


class Untraceable(ValueError):
    """A model that does not run on these inputs; the message says at which part and why, `path` names the part."""

    def __init__(self, sentence: str, path: str) -> None:
        super().__init__(sentence)
        self.path = path


@dataclass(eq=False)
class Part:
    """One module call or one operation. Modules and operations that did nothing are not kept."""

    id: str
    """Dotted path of a module (`layer1.0`, at its second call `layer1.0@2`); `layer1.0/add` for an operation in it."""
    type: Literal["input", "output", "module", "operation"]
    label: str
    detail: str = ""
    module: nn.Module | None = None
    parts: "list[Part]" = field(default_factory=list)
    sources: "dict[Part, tuple[int, ...]]" = field(default_factory=dict)
    """Where its tensors come from, with their shapes; only at parts without parts of their own."""
    shape: tuple[int, ...] = ()
    parameters: int = 0
    """Parameters in it that no earlier part had: shared ones count once."""
    macs: int = 0

    def walk(self) -> "Iterator[Part]":
        """This part and all inside it, parents first."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class LayerCall:
    """What one module did by itself, without the modules inside it, over all of its calls."""

    module: nn.Module
    shape: tuple[int, ...]
    macs: int


@dataclass(frozen=True)
class Recording:
    """A whole pass: the root part, what each called module did itself, and the totals."""

    model: nn.Module
    root: Part
    layers: dict[str, LayerCall]
    """By dotted path, in the order in which they were first called."""
    macs: int
    activation_bytes: int


def record_config(config: ModelConfig, inputs: Inputs, batch: int = 1) -> Recording:
    """Build the model on the meta device and record one pass. Raises Untraceable."""
    try:
        with torch.device("meta"):
            model: nn.Module = config.build()
    except (NotImplementedError, RuntimeError) as error:
        if "meta" not in str(error):
            raise
        raise Untraceable(f"{config.kind} cannot be built by shape alone: {str(error).splitlines()[0]}", "") from error
    return record(model, (example(inputs, batch, "meta"),))


def record(model: nn.Module, inputs: Sequence[Tensor]) -> Recording:
    """One pass of `model` in eval mode over tensors like `inputs`, on the meta device; the model is left as it is.

    Works for any module: residual additions, several inputs and outputs, functional operations, modules called twice.
    Only this thread is watched, so other threads may use torch meanwhile. Raises Untraceable when the model cannot
    run on these inputs, or when its way depends on values, which do not exist on the meta device.
    """
    model = _on_meta(model).eval()
    recorder = _Recorder(model)
    return recorder.run([tensor.to("meta") for tensor in inputs])


def _on_meta(model: nn.Module) -> nn.Module:
    """A copy without weights; shared parameters stay shared. The model itself if it is on the meta device."""
    tensors = [*model.parameters(), *model.buffers()]
    if all(tensor.is_meta for tensor in tensors):
        return model
    memo: dict[int, Any] = {}
    for tensor in tensors:
        empty = torch.empty_like(tensor, device="meta")
        memo[id(tensor)] = nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
    return copy.deepcopy(model, memo)


class _Recorder(TorchFunctionMode):
    """Sees every torch function through the mode, every module call through hooks on this one model."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.counter = Counter()
        self.root = Part("", "module", type(model).__name__, module=model)
        self.stack = [self.root]
        self.began: list[tuple[int, int]] = []  # MACs before this call, MACs of modules inside it so far
        self.calls: dict[str, int] = defaultdict(int)
        self.layers: dict[str, LayerCall] = {}
        self.producers: dict[int, Part] = {}  # by id() of the tensor
        self.made_from: dict[int, frozenset[nn.Parameter]] = {}  # constants that are computed from parameters
        self.absorbed: dict[Part, Part] = {}  # operations that were drawn as the module that holds only them
        self.unclaimed = dict.fromkeys(model.parameters())
        self.alive: list[Any] = []  # keeps every id() unique during the pass

    def run(self, inputs: Sequence[Tensor]) -> Recording:
        for index, tensor in enumerate(inputs):
            name = "input" if len(inputs) == 1 else f"input {index + 1}"
            self._produce(self._add(Part(f"/{name}", "input", name, shape=tuple(tensor.shape))), [tensor])
        with ExitStack() as stack:
            for path, module in self.model.named_modules():
                stack.callback(module.register_forward_pre_hook(self._enter(path), with_kwargs=True).remove)
                stack.callback(module.register_forward_hook(self._leave(path), with_kwargs=True).remove)
            stack.enter_context(torch.no_grad())
            stack.enter_context(torch.device("meta"))
            stack.enter_context(self.counter)
            stack.enter_context(self)
            try:
                outputs = self.model(*inputs)
            except NoFormula:
                raise
            except Exception as error:
                raise self._explain(error) from error
        output = Part("/output", "output", "output")
        self._connect(output, self._tensors(outputs))
        output.shape = next(iter(output.sources.values()), ())
        self._add(output)
        return Recording(self.model, self.root, self.layers, self.counter.macs, self.counter.bytes)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", str(func))
        arguments = self._tensors((args, kwargs))
        macs, written = self.counter.macs, self.counter.bytes
        out = func(*args, **kwargs)
        macs = self.counter.macs - macs
        if func is F.scaled_dot_product_attention:  # no backend that matters writes the attention weights down
            self.counter.bytes = written + out.numel() * out.element_size()
        outputs = [args[0]] if name == "__setitem__" else self._tensors(out)
        if not outputs:
            return out
        reshape = name in RESHAPES or name.endswith("dropout")  # dropout does nothing in eval mode
        seen = arguments[:1] if reshape else arguments
        if not macs and not any(id(tensor) in self.producers for tensor in seen):
            parameters = frozenset().union(*(self._parameters(tensor) for tensor in arguments))
            for tensor in outputs if parameters else ():
                self.made_from[id(tensor)] = parameters
                self.alive.append(tensor)
        elif reshape:
            self._produce(self.producers[id(arguments[0])], outputs)
        else:
            self._produce(self._operation(func, name, args, kwargs, arguments, outputs, macs), outputs)
        return out

    def _operation(
        self, func: Any, name: str, args: Any, kwargs: Any, arguments: list[Tensor], outputs: list[Tensor], macs: int
    ) -> Part:
        parent = self.stack[-1]
        word = name.strip("_")
        if name.startswith("__") and word[1:] in {"add", "mul", "truediv", "matmul", "pow", "sub"}:
            word = word[1:]  # __radd__, __iadd__
        word = WORDS.get(word, word)
        self.calls[f"{parent.id}/{word}"] += 1
        number = self.calls[f"{parent.id}/{word}"]
        part = Part(f"{parent.id}/{word}" + (f".{number}" if number > 1 else ""), "operation", word, macs=macs)
        if func is F.scaled_dot_product_attention and (kwargs.get("is_causal") or args[5:6] == (True,)):
            part.label = "causal attention"
        part.detail = _settings(args, kwargs)
        part.shape = tuple(outputs[0].shape)
        part.parameters = self._claim({p for tensor in arguments for p in self._parameters(tensor)})
        self._connect(part, arguments)
        return self._add(part)

    def _enter(self, path: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            self.began.append((self.counter.macs, 0))
            self.layers.setdefault(path, LayerCall(module, (), 0))
            if path:
                self.calls[path] += 1
                name = path if self.calls[path] == 1 else f"{path}@{self.calls[path]}"
                self.stack.append(Part(name, "module", _label(path, module), _detail(module), module))

        return hook

    def _leave(self, path: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
            part, outputs = self.stack[-1], self._tensors(out)
            before, inside = self.began.pop()
            part.macs = self.counter.macs - before
            part.shape = tuple(outputs[0].shape) if outputs else ()
            if self.began:
                self.began[-1] = (self.began[-1][0], self.began[-1][1] + part.macs)
            self.layers[path] = LayerCall(module, part.shape, self.layers[path].macs + part.macs - inside)
            part.parameters = self._claim(set(module.parameters())) + sum(p.parameters for p in part.parts)
            if path:
                self.stack.pop()
                self._settle(part, self._tensors((args, kwargs)), outputs)

        return hook

    def _settle(self, part: Part, arguments: list[Tensor], outputs: list[Tensor]) -> None:
        """Put a finished module call into its parent: as it is, as one node without inside, or not at all."""
        inside = list(part.walk())[1:]
        modules = any(inner.type == "module" for inner in inside)
        own = type(part.module).__module__.startswith("torch.nn.")
        if not inside:
            passed_on = {id(tensor) for tensor in outputs} <= {id(tensor) for tensor in arguments}
            same_shapes = [tuple(t.shape) for t in outputs] == [tuple(t.shape) for t in arguments[: len(outputs)]]
            if passed_on or (same_shapes and all(id(tensor) in self.producers for tensor in outputs)):
                return  # Identity, Tap, dropout
            self._connect(part, arguments)
            self._produce(part, outputs)
        elif not modules and (own or len(inside) == 1):
            for inner in inside:
                self.absorbed[inner] = part
                for source, shape in inner.sources.items():
                    if self._visible(source) is not part:
                        part.sources[self._visible(source)] = shape
            part.parts.clear()
        self._add(part)

    def _add(self, part: Part) -> Part:
        self.stack[-1].parts.append(part)
        return part

    def _visible(self, part: Part) -> Part:
        while part in self.absorbed:
            part = self.absorbed[part]
        return part

    def _connect(self, part: Part, tensors: list[Tensor]) -> None:
        for tensor in tensors:
            if id(tensor) in self.producers:
                part.sources[self._visible(self.producers[id(tensor)])] = tuple(tensor.shape)

    def _produce(self, part: Part, tensors: Sequence[Tensor]) -> None:
        for tensor in tensors:
            self.producers[id(tensor)] = part
            self.alive.append(tensor)

    def _parameters(self, tensor: Tensor) -> frozenset[nn.Parameter]:
        if isinstance(tensor, nn.Parameter):
            return frozenset((tensor,))
        return self.made_from.get(id(tensor), frozenset())

    def _claim(self, parameters: set[nn.Parameter]) -> int:
        claimed = [parameter for parameter in parameters if parameter in self.unclaimed]
        for parameter in claimed:
            del self.unclaimed[parameter]
        return sum(parameter.numel() for parameter in claimed)

    @staticmethod
    def _tensors(values: Any) -> list[Tensor]:
        return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]

    def _explain(self, error: Exception) -> Untraceable:
        part = self.stack[-1]
        where = f"{part.label} at {part.id}" if part.id else type(self.model).__name__
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        if "meta" in reason.lower():
            reason = f"its way depends on values, which cannot be traced by shape alone ({reason})"
        return Untraceable(f"{where} cannot run on this input: {reason}", part.id)


def _label(path: str, module: nn.Module) -> str:
    """What kind of part it is; a plain container goes by the name it has in its parent: `layer1`, `stages.0`."""
    names = path.split(".")
    if isinstance(module, (nn.Sequential, nn.ModuleList)):
        named = max((index for index, name in enumerate(names) if not name.isdigit()), default=0)
        return ".".join(names[named:])
    label = type(module).__name__
    kernel, stride = getattr(module, "kernel_size", None), getattr(module, "stride", None)
    if type(module).__module__.startswith("torch.nn.") and kernel is not None:
        sizes = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        label += " " + "×".join(map(str, sizes))
        step = stride if isinstance(stride, tuple) else (stride,)
        label += f" /{step[0]}" if step[0] not in (None, 1) else ""
        label += f", {module.groups} groups" if getattr(module, "groups", 1) > 1 else ""
    return label


def _detail(module: nn.Module) -> str:
    return " ".join(module.extra_repr().split())


def _settings(args: Any, kwargs: dict[str, Any]) -> str:
    """The arguments of an operation that are no tensors."""
    plain = (bool, int, float, str)
    shown = [repr(value) for value in args if isinstance(value, plain)]
    shown += [f"{name}={value!r}" for name, value in kwargs.items() if isinstance(value, plain)]
    return ", ".join(shown)
