"""Catalogue: the palette of blocks, grouped as in the book."""

from collections.abc import Mapping

from archviz.blocks.assembly import (
    activation,
    attention,
    connection,
    convolution,
    embedding,
    head,
    inputs,
    normalization,
    pooling,
    recurrence,
)
from archviz.blocks.assembly.node import NodeConfig

GROUPS: Mapping[str, tuple[type[NodeConfig], ...]] = {
    "Input": (inputs.ImageNode.Config, inputs.TextNode.Config),
    "Convolution": (
        convolution.ConvolutionNode.Config,
        convolution.DepthwiseNode.Config,
        convolution.RectangularNode.Config,
    ),
    "Pooling": (
        pooling.MaxPoolNode.Config,
        pooling.MeanPoolNode.Config,
        pooling.FitNode.Config,
        pooling.GlobalMeanNode.Config,
    ),
    "Normalization": (
        normalization.BatchNormNode.Config,
        normalization.LayerNormNode.Config,
        normalization.GroupNormNode.Config,
        normalization.InstanceNormNode.Config,
        normalization.RMSNormNode.Config,
        normalization.LocalResponseNode.Config,
        normalization.DropoutNode.Config,
        normalization.DropBranchNode.Config,
    ),
    "Activation": (
        activation.ReLUNode.Config,
        activation.GELUNode.Config,
        activation.SiLUNode.Config,
        activation.LeakyReLUNode.Config,
        activation.ReLU6Node.Config,
        activation.ELUNode.Config,
        activation.SELUNode.Config,
        activation.MishNode.Config,
        activation.TanhNode.Config,
        activation.SigmoidNode.Config,
    ),
    "Connection": (
        connection.AddNode.Config,
        connection.ConcatenateNode.Config,
        connection.MultiplyNode.Config,
        connection.FlattenNode.Config,
        connection.ResidualNode.Config,
    ),
    "Attention": (
        attention.AttentionNode.Config,
        attention.GridAttentionNode.Config,
        attention.WindowAttentionNode.Config,
        attention.TransformerNode.Config,
    ),
    "Recurrence": (recurrence.LSTMNode.Config, recurrence.GRUNode.Config, recurrence.RNNNode.Config),
    "State space": (recurrence.StateSpaceNode.Config,),
    "Embedding": (
        embedding.TokensNode.Config,
        embedding.PatchesNode.Config,
        embedding.SequenceNode.Config,
        embedding.PositionsNode.Config,
        embedding.WavesNode.Config,
        embedding.SegmentsNode.Config,
        embedding.ClassTokenNode.Config,
        embedding.MergeNode.Config,
    ),
    "Head": (
        head.LinearNode.Config,
        head.TiedNode.Config,
        head.TakeFirstNode.Config,
        head.TakeLastNode.Config,
    ),
}
BLOCKS: Mapping[str, type[NodeConfig]] = {kind.name: kind for kinds in GROUPS.values() for kind in kinds}


def hint(kind: type[NodeConfig]) -> str:
    """What a block does, in the first line of its docstring."""
    import sys
    from operator import attrgetter

    part = attrgetter(kind.__qualname__.rpartition(".")[0])(sys.modules[kind.__module__])
    return str(part.__doc__).partition("\n")[0].replace("`", "")
