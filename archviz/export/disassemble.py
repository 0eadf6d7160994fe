"""Disassembly: a model of the book as editable blocks, found by watching one pass on the meta device.

Modules that are blocks of the canvas become one node each; what is calculated between them (sums, means, products)
becomes nodes, too. Parts that hold several blocks become groups, and equal neighbours one group that is repeated.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from archviz.blocks import norm as norms
from archviz.blocks.assembly import activation as act
from archviz.blocks.assembly import attention, connection, convolution, embedding, head, normalization, pooling
from archviz.blocks.assembly.inputs import ImageNode, TextNode
from archviz.blocks.assembly.node import NodeConfig
from archviz.blocks.assembly.sheet import RESERVED, GraphEdge, GraphGroup, GraphNode, Sheet
from archviz.blocks.attention import MultiHeadAttention
from archviz.blocks.grid_attention import GridAttention, NoPositionBias, RelativePositionBias
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.blocks.patches import PatchEmbedding
from archviz.blocks.positions import LearnedPositions, SinusoidalPositions
from archviz.blocks.stochastic_depth import StochasticDepth
from archviz.blocks.window_attention import WindowAttention
from archviz.core.setup import Inputs, ModelConfig
from archviz.models.assembled import Assembled, of
from archviz.models.swin import PatchMerging
from archviz.models.transformer import Segments, TiedHead
from archviz.models.vit import ClassToken

MOST_PARTS = 1000
"""Blocks that the canvas takes."""


class NotAssemblable(ValueError):
    """A model that cannot be taken apart into blocks; the message says why."""


@dataclass(frozen=True)
class Parts:
    """A model as blocks, and where their weights lie in the original."""

    model: Assembled.Config
    names: Mapping[str, str]
    """Prefix of a parameter's name here -> prefix in the original."""
    left_out: str | None = None
    """In words, which parts of the original are not there, because only training uses them."""

    def weights(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The original's `state_dict` under the names of the assembled model."""
        with torch.device("meta"):
            wanted = self.model.build().state_dict()
        found = {}
        for key in wanted:
            prefix = max((p for p in self.names if key.startswith(f"{p}.")), key=len)
            found[key] = state[f"{self.names[prefix]}.{key[len(prefix) + 1 :]}".removeprefix(".")]
        return found


def disassemble(config: ModelConfig, inputs: Inputs) -> Parts:
    """The same model as blocks: equal parameters, and with its weights equal outputs. Raises NotAssemblable."""
    if isinstance(config, Assembled.Config):
        return Parts(config, {node.id: node.id for node in config.nodes})
    with torch.device("meta"):
        model: nn.Module = config.build()
    watcher = _Watcher(model.eval(), inputs)
    sheet, names = watcher.run()
    unused = watcher.unused()
    if len(sheet.nodes) > MOST_PARTS:
        raise NotAssemblable(
            f"This model would be {len(sheet.nodes)} blocks, more than the canvas takes ({MOST_PARTS})."
        )
    init = getattr(config, "init", None)
    try:
        found = of(sheet, init if isinstance(init, InitConfig) else HeNormal.Config())
    except ValueError as error:
        raise NotAssemblable(f"The blocks do not fit together here: {error}") from error
    placed = Assembled.Config(nodes=sheet.nodes, edges=sheet.edges, groups=sheet.groups, init=found.init)
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in found.build().parameters())
    left_out = sum(parameter.numel() for part in unused for parameter in model.get_submodule(part).parameters())
    meant = sum(parameter.numel() for parameter in model.parameters()) - left_out
    if count != meant:
        raise NotAssemblable(
            f"As blocks it would have {count:,} parameters instead of {meant:,}: it shares weights between parts."
        )
    return Parts(placed, names, _left_out(unused, left_out) if left_out else None)


def _left_out(parts: Sequence[str], parameters: int) -> str:
    return (
        f"Left out: what only training uses ({', '.join(parts)}; {parameters:,} parameters). What the model gives is "
        "the same without."
    )


# --- modules that are blocks -----------------------------------------------------------------------------------------

Found = list[tuple[str, NodeConfig]]
"""Blocks one after another, with the path of their weights inside the module."""


def _both(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _conv(module: nn.Conv2d) -> NodeConfig:
    if not isinstance(module.padding, tuple) or _both(module.dilation) != (1, 1) or module.padding_mode != "zeros":
        raise NotAssemblable("It has a dilated convolution, for which there is no block.")
    (height, width), (pad_h, pad_w) = _both(module.kernel_size), _both(module.padding)
    stride, other = _both(module.stride)
    bias = module.bias is not None
    if stride != other or ((height != width or pad_h != pad_w) and module.groups > 1):
        raise NotAssemblable("It has a convolution with uneven strides, for which there is no block.")
    if height != width or pad_h != pad_w:
        return convolution.RectangularNode.Config(
            channels=module.out_channels,
            height=height,
            width=width,
            stride=stride,
            pad_height=pad_h,
            pad_width=pad_w,
            bias=bias,
        )
    if module.groups == module.in_channels == module.out_channels > 1:
        return convolution.DepthwiseNode.Config(kernel=height, stride=stride, padding=pad_h, bias=bias)
    return convolution.ConvolutionNode.Config(
        channels=module.out_channels, kernel=height, stride=stride, padding=pad_h, groups=module.groups, bias=bias
    )


def _attention(module: MultiHeadAttention) -> NodeConfig:
    width = module.query.in_features // module.heads
    scaled = math.isclose(module.scale, width**-0.5)
    if isinstance(module, GridAttention) and not isinstance(module.position_bias, NoPositionBias):
        return _grid_attention(module, scaled)
    if not scaled and module.scale != 1.0:
        raise NotAssemblable("Its attention has a scale of its own, for which there is no block.")
    causal = bool(getattr(module.mask, "causal", False))
    return attention.AttentionNode.Config(
        heads=module.heads, causal=causal, scaled=scaled, dropout=float(module.dropout.p)
    )


def _grid_attention(module: GridAttention, scaled: bool) -> NodeConfig:
    bias = module.position_bias
    if not isinstance(bias, RelativePositionBias) or not scaled or getattr(module.mask, "causal", False):
        raise NotAssemblable("Its attention has a scale, a mask or a position bias for which there is no block.")
    return attention.GridAttentionNode.Config(heads=module.heads, reach=bias.reach, dropout=float(module.dropout.p))


def _windows(module: WindowAttention) -> NodeConfig:
    width = module.query.in_features // module.heads
    bias = module.position_bias
    reach = bias.reach if isinstance(bias, RelativePositionBias) else 0
    if not math.isclose(module.scale, width**-0.5) or not isinstance(bias, RelativePositionBias | NoPositionBias):
        raise NotAssemblable("Its window attention has a scale or a position bias for which there is no block.")
    return attention.WindowAttentionNode.Config(
        heads=module.heads, window=module.window, shift=module.offset, reach=reach, dropout=float(module.dropout.p)
    )


def _patches(module: PatchEmbedding) -> Found:
    size, _ = _both(module.conv.kernel_size)
    found: Found = [("", embedding.PatchesNode.Config(size=size, width=module.conv.out_channels))]
    if not isinstance(module.norm, nn.Identity):
        found.append(("norm", _block(module.norm)))
    return found


def _pool(kind: Any, module: Any) -> NodeConfig:
    (kernel, other), (padding, _) = _both(module.kernel_size), _both(module.padding)
    stride, _ = _both(module.stride if module.stride is not None else kernel)
    if kernel != other or getattr(module, "dilation", 1) not in (1, (1, 1)):
        raise NotAssemblable("It has a pooling with an uneven window, for which there is no block.")
    if not getattr(module, "count_include_pad", True):
        raise NotAssemblable("It has a mean pooling that leaves out the border, for which there is no block.")
    found: NodeConfig = kind(kernel=kernel, stride=stride, padding=padding, round_up=bool(module.ceil_mode))
    return found


def _merging(module: PatchMerging) -> NodeConfig:
    if not isinstance(module.norm, nn.LayerNorm):
        raise NotAssemblable("Its patch merging has a normalization for which there is no block.")
    return embedding.MergeNode.Config(eps=module.norm.eps)


def _fit(module: nn.AdaptiveAvgPool2d) -> NodeConfig:
    height, width = _both(module.output_size)
    if height != width:
        raise NotAssemblable("It fits images to a size that is not square, for which there is no block.")
    return pooling.FitNode.Config(size=height)


BLOCKS: tuple[tuple[type[nn.Module], Callable[[Any], NodeConfig | Found]], ...] = (
    (WindowAttention, _windows),
    (MultiHeadAttention, _attention),
    (PatchEmbedding, _patches),
    (PatchMerging, _merging),
    (ClassToken, lambda m: embedding.ClassTokenNode.Config()),
    (LearnedPositions, lambda m: embedding.PositionsNode.Config()),
    (Segments, lambda m: embedding.SegmentsNode.Config(count=len(m.weight))),
    (TiedHead, lambda m: head.TiedNode.Config()),
    (SinusoidalPositions, lambda m: embedding.WavesNode.Config()),
    (StochasticDepth, lambda m: normalization.DropBranchNode.Config(rate=m.rate)),
    (nn.Conv2d, _conv),
    (nn.Linear, lambda m: head.LinearNode.Config(features=m.out_features, bias=m.bias is not None)),
    (nn.Embedding, lambda m: embedding.TokensNode.Config(width=m.embedding_dim)),
    (norms.BatchNorm, lambda m: normalization.BatchNormNode.Config(eps=m.eps, momentum=m.momentum)),
    (nn.BatchNorm2d, lambda m: normalization.BatchNormNode.Config(eps=m.eps, momentum=m.momentum)),
    (nn.LayerNorm, lambda m: normalization.LayerNormNode.Config(eps=m.eps)),
    (nn.GroupNorm, lambda m: normalization.GroupNormNode.Config(groups=m.num_groups, eps=m.eps)),
    (nn.InstanceNorm2d, lambda m: normalization.InstanceNormNode.Config(eps=m.eps)),
    (norms.RMSNorm, lambda m: normalization.RMSNormNode.Config(eps=m.epsilon)),
    (norms.LocalResponseNorm, lambda m: normalization.LocalResponseNode.Config(**dict(m.config))),
    (nn.MaxPool2d, lambda m: _pool(pooling.MaxPoolNode.Config, m)),
    (nn.AvgPool2d, lambda m: _pool(pooling.MeanPoolNode.Config, m)),
    (nn.AdaptiveAvgPool2d, _fit),
    (nn.Dropout, lambda m: normalization.DropoutNode.Config(rate=m.p)),
    (nn.Flatten, lambda m: connection.FlattenNode.Config()),
    (nn.ReLU6, lambda m: act.ReLU6Node.Config()),
    (nn.ReLU, lambda m: act.ReLUNode.Config()),
    (nn.LeakyReLU, lambda m: act.LeakyReLUNode.Config(slope=m.negative_slope)),
    (nn.ELU, lambda m: act.ELUNode.Config(alpha=m.alpha)),
    (nn.SELU, lambda m: act.SELUNode.Config()),
    (nn.GELU, lambda m: act.GELUNode.Config(approximate=m.approximate)),
    (nn.SiLU, lambda m: act.SiLUNode.Config()),
    (nn.Mish, lambda m: act.MishNode.Config()),
    (nn.Tanh, lambda m: act.TanhNode.Config()),
    (nn.Sigmoid, lambda m: act.SigmoidNode.Config()),
)
"""The first class that a module belongs to decides."""


def _converter(module: nn.Module) -> Callable[[Any], NodeConfig | Found] | None:
    return next((convert for kind, convert in BLOCKS if isinstance(module, kind)), None)


def _block(module: nn.Module) -> NodeConfig:
    convert = _converter(module)
    found = convert(module) if convert else None
    if not isinstance(found, NodeConfig):
        raise NotAssemblable(f"It has a {type(module).__name__}, for which there is no block.")
    return found


OPERATIONS: Mapping[str, Callable[[], NodeConfig]] = {
    "add": connection.AddNode.Config,
    "mul": connection.MultiplyNode.Config,
    "cat": connection.ConcatenateNode.Config,
    "mean": pooling.GlobalMeanNode.Config,
    "relu": act.ReLUNode.Config,
    "sigmoid": act.SigmoidNode.Config,
    "tanh": act.TanhNode.Config,
    "gelu": act.GELUNode.Config,
    "silu": act.SiLUNode.Config,
}
LOOKS = {"reshape", "view", "unsqueeze", "squeeze", "contiguous", "__getitem__", "flatten", "clone", "to", "expand"}


# --- watching --------------------------------------------------------------------------------------------------------


def _order(name: str, args: Any) -> list[int]:
    """Which dimension of the original each dimension of a transposed value is."""
    x = args[0]
    if name == "permute":
        given = args[1:] if isinstance(args[1], int) else args[1]
        return [dim % x.dim() for dim in given]
    order = list(range(x.dim()))
    first, second = args[1] % x.dim(), args[2] % x.dim()
    order[first], order[second] = order[second], order[first]
    return order


@dataclass
class _Seen:
    """A node as it was seen, before its name is final."""

    name: str
    block: NodeConfig
    sources: list[str]
    shape: tuple[int, ...]
    path: str
    group: str | None
    given: tuple[int, ...] = ()


@dataclass
class _Run:
    """A group with its nodes, in order."""

    name: str
    title: str
    seen: list[_Seen] = field(default_factory=list)
    copies: list[list[_Seen]] = field(default_factory=list)


class _Watcher(TorchFunctionMode):
    """Follows tensors from block to block; what happens inside a block is not looked at."""

    def __init__(self, model: nn.Module, inputs: Inputs) -> None:
        super().__init__()
        self.model, self.inputs = model, inputs
        self.depth = 0
        self.stack: list[tuple[str, nn.Module]] = []
        self.nodes: list[_Seen] = []
        self.taken: set[str] = set()
        self.called: set[str] = set()
        self.entered: set[str] = set()
        self.makers: dict[int, str] = {}
        self.alive: list[Tensor] = []
        self.titles: dict[str, str] = {}
        self.turned: dict[int, tuple[str, list[int]]] = {}  # transposed values, which only a mean may take

    def run(self) -> tuple[Sheet, dict[str, str]]:
        shape, vocabulary = self.inputs.shape, self.inputs.vocabulary
        block: NodeConfig
        if vocabulary is not None:
            block = TextNode.Config(length=shape[0], vocabulary=vocabulary)
            given = torch.empty((1, *shape), dtype=torch.int64, device="meta")
        else:
            block = ImageNode.Config(channels=shape[0], height=shape[1], width=shape[2])
            given = torch.empty((1, *shape), device="meta")
        self._add(block, [], given, "", block.name)
        with ExitStack() as stack:
            for path, module in self.model.named_modules():
                stack.callback(module.register_forward_pre_hook(self._enter(path)).remove)
                stack.callback(module.register_forward_hook(self._leave(path)).remove)
            stack.enter_context(torch.no_grad())
            stack.enter_context(torch.device("meta"))
            stack.enter_context(self)
            try:
                out = self.model(given)
            except NotAssemblable:
                raise
            except Exception as error:
                raise NotAssemblable(f"It cannot be followed by shape alone: {str(error).splitlines()[0]}") from error
        if not isinstance(out, Tensor) or self.makers.get(id(out)) != self.nodes[-1].name:
            raise NotAssemblable("What it gives is not the value of its last block.")
        return _sheet(self.nodes, self.titles)

    def unused(self) -> tuple[str, ...]:
        """The parts with parameters that were never called, the outermost of each."""
        found: list[str] = []
        containers = nn.Sequential | nn.ModuleList | nn.ModuleDict
        for path, module in self.model.named_modules():
            inside = any(path.startswith(f"{part}.") for part in found)
            if path in self.entered or inside or isinstance(module, containers) or not list(module.parameters()):
                continue
            found.append(path)
        return tuple(found)

    def _enter(self, path: str) -> Any:
        def hook(module: nn.Module, args: Any) -> None:
            self.stack.append((path, module))
            self.entered.add(path)
            if _converter(module):
                self.depth += 1

        return hook

    def _leave(self, path: str) -> Any:
        def hook(module: nn.Module, args: Any, out: Any) -> Any:
            self.stack.pop()
            convert = _converter(module)
            if convert is None:
                return None
            self.depth -= 1
            if self.depth:
                return None
            if path in self.called and any(True for _ in module.parameters()):
                raise NotAssemblable(f"It calls {path} twice with the same weights, which the canvas cannot show.")
            self.called.add(path)
            found = convert(module)
            chain = [("", found)] if isinstance(found, NodeConfig) else found
            sources = [self._maker(tensor) for tensor in tree_leaves(args) if isinstance(tensor, Tensor)]
            self.depth += 1
            fresh: Tensor = out.view_as(out)  # so that what passes unchanged, as in dropout, has a name of its own
            self.depth -= 1
            for number, (inside, block) in enumerate(chain):
                at = f"{path}.{inside}" if inside else path
                shape = tuple(args[0].shape[1:]) if number == 0 else tuple(out.shape[1:])
                name = self._add(block, sources, fresh, at, at.replace(".", "_"), shape)
                sources = [name]
                if isinstance(module, nn.Embedding):
                    self._alias(module.weight, name)  # which a head may share
            return fresh

        return hook

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if self.depth:
            return out
        name = re.sub(r"^__[ir]?(add|mul)__$", r"\1", getattr(func, "__name__", ""))
        operands = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        known = [tensor for tensor in operands if id(tensor) in self.makers or id(tensor) in self.turned]
        results = [leaf for leaf in tree_leaves(out) if isinstance(leaf, Tensor)]
        if not known or not results:
            return out
        if name in LOOKS:
            self._look(name, args, known[0], results[0])
            return out
        if name in ("permute", "transpose") and len(known) == 1:
            self.turned[id(results[0])] = (self._maker(known[0]), _order(name, args))
            self.alive.append(results[0])
            return out
        if name not in (*OPERATIONS, "adaptive_avg_pool2d") or len(results) != 1:
            raise NotAssemblable(f"Its calculation has {name or func!r}, for which there is no block.")
        if len(known) != len(operands):
            raise NotAssemblable(f"Its calculation has {name!r} with a value that is no block's, such as a parameter.")
        if name == "mean":
            self._check_mean(known[0], args, kwargs or {})
        turned = name == "mean" and id(known[0]) in self.turned
        sources = [self.turned[id(known[0])][0]] if turned else [self._maker(tensor) for tensor in known]
        if name == "mul" and known[0].numel() < known[1].numel():  # the gate comes second
            sources.reverse()
        where = self.stack[-1][0].replace(".", "_") if self.stack[-1][0] else ""
        block = OPERATIONS[name]() if name in OPERATIONS else _fit(nn.AdaptiveAvgPool2d(tuple(out.shape[-2:])))
        place = tuple(known[0].shape[1:])
        self._add(block, sources, out, "", f"{where}_{block.name}".strip("_"), place)
        return out

    def _look(self, name: str, args: Any, x: Tensor, out: Tensor) -> None:
        """A value in another shape: the same one, a flat one, or the first of its vectors."""
        before, after = tuple(x.shape[1:]), tuple(out.shape[1:])
        maker = self._maker(x)
        if [size for size in before if size != 1] == [size for size in after if size != 1]:
            if len(after) == 1 and len(before) == 3:
                self._add(connection.FlattenNode.Config(), [maker], out, "", self._beside("flatten"), before)
            else:
                self._alias(out, maker)
        elif name != "__getitem__" and after == (math.prod(before),):
            self._add(connection.FlattenNode.Config(), [maker], out, "", self._beside("flatten"), before)
        elif name == "__getitem__" and args[1] in ((slice(None), 0), (slice(None), -1)) and len(before) == 2:
            block = head.TakeFirstNode.Config() if args[1][1] == 0 else head.TakeLastNode.Config()
            self._add(block, [maker], out, "", self._beside(block.name), before)
        else:
            raise NotAssemblable(f"It looks at a value in a way ({name}) for which there is no block.")

    def _beside(self, stem: str) -> str:
        where = self.stack[-1][0].replace(".", "_") if self.stack else ""
        return f"{where}_{stem}".strip("_")

    def _alias(self, out: Tensor, maker: str) -> None:
        self.makers[id(out)] = maker
        self.alive.append(out)

    def _check_mean(self, x: Tensor, args: Any, kwargs: Any) -> None:
        """Raises NotAssemblable unless the mean is over all places and nothing else."""
        over = args[1] if len(args) > 1 else kwargs.get("dim", ())
        dims = {dim % x.dim() for dim in ((over,) if isinstance(over, int) else tuple(over or ()))}
        if id(x) in self.turned:
            dims = {self.turned[id(x)][1][dim] for dim in dims}
        if dims != ({2, 3} if x.dim() == 4 else {1}):
            raise NotAssemblable("It takes a mean over something else than all places, for which there is no block.")

    def _maker(self, tensor: Tensor) -> str:
        if id(tensor) not in self.makers:
            raise NotAssemblable("A part takes a value that is no block's, such as a constant.")
        return self.makers[id(tensor)]

    def _add(
        self,
        block: NodeConfig,
        sources: list[str],
        out: Tensor,
        path: str,
        stem: str,
        given: tuple[int, ...] = (),
    ) -> str:
        stem = re.sub(r"[^a-z0-9_]", "_", stem.lower())[-50:].strip("_")
        stem = stem if stem[:1].isalpha() else f"{block.name}_{stem}"
        name, number = stem, 2
        while name in self.taken or name in RESERVED:
            name, number = f"{stem}_{number}", number + 1
        self.taken.add(name)
        seen = _Seen(name, block, list(sources), tuple(out.shape[1:]), path, self._group(), given)
        self.nodes.append(seen)
        self._alias(out, name)
        return name

    def _group(self) -> str | None:
        """The outermost part of the model that is more than a container."""
        for path, module in self.stack[1:]:
            if not isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict):
                name = re.sub(r"[^a-z0-9_]", "_", path.replace(".", "_").lower()).strip("_")
                name = f"part_{name}" if not name[:1].isalpha() else name
                self.titles[f"{name}_group"] = type(module).__name__
                return f"{name}_group"
        return None


# --- groups and repeats ----------------------------------------------------------------------------------------------


def _sheet(nodes: list[_Seen], titles: Mapping[str, str]) -> tuple[Sheet, dict[str, str]]:
    runs = _merged(list(_runs(nodes, titles)), nodes)
    renamed = {
        copy[-1].name: run.seen[-1].name for run in runs for copy in run.copies
    }  # who takes the end of a copy takes the end of the group
    names: dict[str, str] = {}
    kept: list[GraphNode] = []
    edges: list[GraphEdge] = []
    groups: list[GraphGroup] = []
    for run in runs:
        group = run.name if run.name and (len(run.seen) > 1 or run.copies) else None
        if group:
            groups.append(GraphGroup(id=group, title=run.title, times=1 + len(run.copies), folded=True))
        for index, seen in enumerate(run.seen):
            kept.append(GraphNode(id=seen.name, block=seen.block, group=group))
            ports = seen.block.ports
            for number, source in enumerate(seen.sources):
                port = ports[min(number, len(ports) - 1)] if ports else "input"
                edges.append(GraphEdge(source=renamed.get(source, source), target=seen.name, port=port))
            if run.copies:
                for number, copy in enumerate([run.seen, *run.copies]):
                    names[f"{group}.{number}.{seen.name}"] = copy[index].path
            else:
                names[seen.name] = seen.path
    return Sheet(nodes=tuple(kept), edges=tuple(edges), groups=tuple(groups)), names


def _runs(nodes: list[_Seen], titles: Mapping[str, str]) -> Iterator[_Run]:
    run: _Run | None = None
    for seen in nodes:
        if run is None or seen.group is None or run.name != seen.group:
            if run is not None:
                yield run
            run = _Run(seen.group or "", titles.get(seen.group or "", ""))
        run.seen.append(seen)
    if run is not None:
        yield run


def _merged(runs: list[_Run], nodes: list[_Seen]) -> list[_Run]:
    """Equal groups one after another become one that is repeated."""
    users: dict[str, set[str]] = {}
    for seen in nodes:
        for source in seen.sources:
            users.setdefault(source, set()).add(seen.name)
    merged: list[_Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last and last.name and run.name and _continues(last, run, users):
            last.copies.append(run.seen)
        else:
            merged.append(run)
    return merged


def _continues(last: _Run, run: _Run, users: Mapping[str, set[str]]) -> bool:
    before = last.copies[-1] if last.copies else last.seen
    end, mine = before[-1].name, {seen.name for seen in run.seen}
    chained = users.get(end, set()) <= mine and {s for seen in run.seen for s in seen.sources} - mine == {end}
    same = _signature(last.seen) == _signature(run.seen) and last.title == run.title
    entries = [seen for seen in last.seen if set(seen.sources) - {one.name for one in last.seen}]
    keeps = bool(entries) and all(seen.given == last.seen[-1].shape for seen in entries if len(seen.sources) == 1)
    inner = {source for seen in last.seen for source in seen.sources}
    single = all(seen.name in inner for seen in last.seen[:-1])
    return chained and same and keeps and single and last.seen[0].shape == run.seen[0].shape


def _signature(seen: list[_Seen]) -> tuple[Any, ...]:
    place = {one.name: index for index, one in enumerate(seen)}
    return tuple((one.block, one.shape, tuple(place.get(source, -1) for source in one.sources)) for one in seen)
