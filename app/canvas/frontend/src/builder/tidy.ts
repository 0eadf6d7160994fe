// Auto-layout: blocks in the order of the flow, from left to right.
import dagre from "@dagrejs/dagre";

import type { Size } from "../viewport";
import type { Design } from "./data";
import type { At } from "./design";
import { CARD, moveUnits, unitOf } from "./groups";

export function tidy(design: Design, sizeOf: (id: string) => Size): Design {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 24, ranksep: 56, marginx: 24, marginy: 24 });
  const unit = unitOf(design);
  const units = [...new Set(design.blocks.map(({ id }) => unit(id)))];
  const size = (id: string): Size => (design.blocks.some((block) => block.id === id) ? sizeOf(id) : CARD);
  // All as high as the highest: then the tops of a chain, where its lines are, lie in one row.
  const height = Math.max(0, ...units.map((id) => size(id).height));
  for (const id of units) graph.setNode(id, { width: size(id).width, height });
  for (const { source, target } of design.wires)
    if (unit(source) !== unit(target)) graph.setEdge(unit(source), unit(target), {});
  dagre.layout(graph);
  const places = new Map(
    units.map((id): [string, At] => {
      const { x, y } = graph.node(id) as At;
      return [id, { x: Math.round(x - size(id).width / 2), y: Math.round(y - height / 2) }];
    }),
  );
  return moveUnits(design, places);
}
