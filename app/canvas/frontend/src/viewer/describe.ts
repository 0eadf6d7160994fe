// A node in words: on hover, and for a screen reader.
import type { Measure } from "./colour";
import { inUnits, shapeText, short } from "../numbers";
import { differs, type Open, type Tree, type TreeNode } from "./tree";

function costs({ parameters, macs }: TreeNode): string[] {
  return [
    parameters > 0 ? `${parameters.toLocaleString("en")} parameters` : "",
    macs > 0 ? `${short(macs)} MACs` : "",
  ].filter(Boolean);
}

export function tooltip(node: TreeNode, arm: string, measure: Measure | null): string {
  const value = measure?.of(arm, node);
  const own = measure && value !== undefined && measure.name !== "parameters" && measure.name !== "MACs";
  return [
    `${node.label}  ·  ${node.id}`,
    node.detail,
    shapeText(node.shape) && `output ${shapeText(node.shape)}`,
    costs(node).join(", "),
    own ? `${measure.name} ${inUnits(value, measure.unit)}` : "",
    node.count > 1 ? `${node.count} alike, drawn once; the numbers are those of all together` : "",
  ]
    .filter(Boolean)
    .join("\n");
}

export function sentence(tree: Tree, node: TreeNode, open: Open): string {
  const state = node.children.length === 0 ? "" : open.has(node.id) ? "open" : `closed, ${node.children.length} parts`;
  const shape = shapeText(node.shape);
  const parts = [
    state,
    shape && `output ${shape.replaceAll("×", " by ")}`,
    ...costs(node),
    differs(tree, node.id) ? "differs" : "",
  ];
  return `${node.label}: ${parts.filter(Boolean).join(", ") || "no parameters"}.`;
}
