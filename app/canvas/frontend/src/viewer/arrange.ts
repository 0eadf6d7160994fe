// One level of a graph, by dagre: boxes from top to bottom, lines around them.
import dagre from "@dagrejs/dagre";

import type { Box } from "../viewport";
import { HEADER } from "./size";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Parts {
  /** Width and height of each part. */
  readonly sizes: readonly (readonly [number, number])[];
  /** Numbers of the parts that are joined. After the last: where lines come in, and after that: where they leave. */
  readonly links: readonly (readonly [number, number])[];
  /** Width of the title over them; null: no title, no frame. */
  readonly title: number | null;
}

export interface Arranged {
  readonly width: number;
  readonly height: number;
  /** As the sizes. */
  readonly boxes: readonly Box[];
  /** As the links. */
  readonly lines: readonly (readonly Point[])[];
}

export type Arrange = (parts: Parts) => Arranged;

// The points where lines come in and leave may lie a little under the title and on the lower edge.
const CLOSER_IN = 8;
const CLOSER_OUT = 16;

export function arrange({ sizes, links, title }: Parts): Arranged {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 20, marginx: 12, marginy: title === null ? 12 : 8 });
  sizes.forEach(([width, height], number) => graph.setNode(String(number), { width, height }));
  for (const link of links) {
    for (const end of link) if (end >= sizes.length) graph.setNode(String(end), { width: 1, height: 1 });
    graph.setEdge(String(link[0]), String(link[1]), {});
  }
  dagre.layout(graph);

  const { width: drawn = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const width = Math.max(drawn, title ?? 0); // the title may be wider than what it stands over
  const side = (width - drawn) / 2;
  const head = title === null ? 0 : HEADER - (graph.hasNode(String(sizes.length)) ? CLOSER_IN : 0);
  const foot = graph.hasNode(String(sizes.length + 1)) ? CLOSER_OUT : 0;
  const boxes = sizes.map(([w, h], number) => {
    const { x, y } = graph.node(String(number)) as Point;
    return { x: x - w / 2 + side, y: y - h / 2 + head, width: w, height: h };
  });
  const lines = links.map(([source, target]) => {
    const { points } = graph.edge(String(source), String(target)) as { points: Point[] };
    return points.map(({ x, y }) => ({ x: x + side, y: y + head }));
  });
  return { width, height: height + head - foot, boxes, lines };
}

/** The same, but what looks the same is arranged once: networks repeat their blocks, and arms share most of them. */
export function arranger(): Arrange {
  const known = new Map<string, Arranged>();
  return (parts) => {
    const key = JSON.stringify(parts);
    const arranged = known.get(key) ?? arrange(parts);
    known.set(key, arranged);
    return arranged;
  };
}
