// Auto-layout: blocks in the order of the flow, from left to right.
import dagre from "@dagrejs/dagre";

import type { Size } from "../viewport";
import type { Design } from "./data";
import { type At, move } from "./design";

export function tidy(design: Design, sizeOf: (id: string) => Size): Design {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 24, ranksep: 56, marginx: 24, marginy: 24 });
  // All as high as the highest: then the tops of a chain, where its lines are, lie in one row.
  const height = Math.max(0, ...design.blocks.map(({ id }) => sizeOf(id).height));
  for (const { id } of design.blocks) graph.setNode(id, { width: sizeOf(id).width, height });
  for (const { source, target } of design.wires) graph.setEdge(source, target, {});
  dagre.layout(graph);
  const places = new Map(
    design.blocks.map(({ id }): [string, At] => {
      const { x, y } = graph.node(id) as At;
      return [id, { x: Math.round(x - sizeOf(id).width / 2), y: Math.round(y - height / 2) }];
    }),
  );
  return move(design, places);
}
