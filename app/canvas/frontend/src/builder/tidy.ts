// Auto-layout: blocks in the order of the flow, in rows from left to right like text.
import dagre from "@dagrejs/dagre";

import type { Box, Size } from "../viewport";
import type { Block, Design } from "./data";
import { type At, move } from "./design";
import { CARD, framesOf, frameBox, moveUnits } from "./groups";

const ACROSS = 56;
const DOWN = 24;
const ROWS = 44; // room for the lines that lead back to the left
const WIDE = 1.7; // as a screen is

type Link = readonly [string, string];

/** Upper left corners, the first at 0, 0. */
function arranged(sizes: ReadonlyMap<string, Size>, links: readonly Link[]): Map<string, At> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: DOWN, ranksep: ACROSS });
  // All as high as the highest: then the tops of a chain, where its lines are, lie in one row.
  const height = Math.max(0, ...[...sizes.values()].map((size) => size.height));
  for (const [id, { width }] of sizes) graph.setNode(id, { width, height });
  for (const [source, target] of links) graph.setEdge(source, target, {});
  dagre.layout(graph);
  const columns = new Map<number, (Box & { id: string })[]>();
  for (const [id, size] of sizes) {
    const { x, y } = graph.node(id) as At;
    const column = columns.get(Math.round(x)) ?? [];
    columns.set(Math.round(x), [...column, { id, x: x - size.width / 2, y: y - height / 2, ...size }]);
  }
  const order = [...columns].sort(([a], [b]) => a - b).map(([, column]) => column);
  return new Map(rows(order).flatMap((row) => [...row]));
}

/** Columns from left to right, in as many rows as make the whole about as wide as a screen. */
function rows(columns: readonly (readonly (Box & { id: string })[])[]): Map<string, At>[] {
  const widthOf = (column: readonly Box[]): number => Math.max(...column.map(({ width }) => width)) + ACROSS;
  const whole = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const boxes = columns.flat();
  const tall = Math.max(...boxes.map(({ y, height }) => y + height)) - Math.min(...boxes.map(({ y }) => y)) + ROWS;
  const widest = Math.max(...columns.map(widthOf), 4 * 252, Math.sqrt(WIDE * whole * tall));
  const found: Map<string, At>[] = [];
  let [left, top, row] = [0, 0, [] as (Box & { id: string })[]];
  const end = (): void => {
    const high = Math.min(...row.map(({ y }) => y));
    found.push(new Map(row.map(({ id, x, y }) => [id, { x: Math.round(x), y: Math.round(top + y - high) }])));
    top += Math.max(...row.map(({ y, height }) => y - high + height)) + ROWS;
    [left, row] = [0, []];
  };
  for (const column of columns) {
    const width = widthOf(column);
    if (row.length > 0 && left + width > widest + ACROSS) end();
    const start = Math.min(...column.map(({ x }) => x));
    row.push(...column.map((box) => ({ ...box, x: box.x - start + left })));
    left += width;
  }
  if (row.length > 0) end();
  return found;
}

/** These blocks in rows, from where the first of them stands. */
export function inRows(design: Design, ids: ReadonlySet<string>, sizeOf: (block: Block) => Size): Design {
  const blocks = design.blocks.filter(({ id }) => ids.has(id));
  if (blocks.length === 0) return design;
  const corner = { x: Math.min(...blocks.map(({ x }) => x)), y: Math.min(...blocks.map(({ y }) => y)) };
  const links = design.wires.filter(({ source, target }) => ids.has(source) && ids.has(target));
  const places = arranged(
    new Map(blocks.map((block) => [block.id, sizeOf(block)])),
    links.map(({ source, target }) => [source, target]),
  );
  return move(design, new Map([...places].map(([id, { x, y }]) => [id, { x: x + corner.x, y: y + corner.y }])));
}

/** The whole design: open groups inside first, then everything around them. */
export function tidy(design: Design, sizeOf: (block: Block) => Size): Design {
  const frames = framesOf(design).filter(({ id }) => design.blocks.some(({ group }) => group === id));
  const open = frames.filter(({ folded }) => !folded);
  let now = design;
  for (const { id } of open)
    now = inRows(now, new Set(now.blocks.filter(({ group }) => group === id).map((block) => block.id)), sizeOf);
  const held = new Set(frames.map(({ id }) => id));
  const unit = new Map(now.blocks.map(({ id, group }) => [id, group && held.has(group) ? group : id]));
  const sizes = new Map<string, Size>();
  for (const block of now.blocks) {
    const name = unit.get(block.id)!;
    if (sizes.has(name)) continue;
    const frame = frames.find(({ id }) => id === name);
    sizes.set(name, !frame ? sizeOf(block) : frame.folded ? CARD : frameBox(now, name, sizeOf));
  }
  const links = now.wires.flatMap(({ source, target }): Link[] => {
    const [from, to] = [unit.get(source)!, unit.get(target)!];
    return from === to ? [] : [[from, to]];
  });
  const places = arranged(sizes, links);
  return moveUnits(now, new Map([...places].map(([id, { x, y }]) => [id, { x: x + 40, y: y + 60 }])));
}
