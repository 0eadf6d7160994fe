// Where each node and each line goes: every open module is arranged by itself, its box then is a node of the level
// above.
import type { Box } from "../viewport";
import type { Arrange, Point } from "./arrange";
import { sizeOf } from "./size";
import { type Open, path, standIn, type Tree } from "./tree";

export interface Placed extends Box {
  readonly id: string;
  readonly open: boolean;
}

export interface Route {
  readonly source: string;
  readonly target: string;
  readonly points: readonly Point[];
}

export interface Layout {
  /** Open modules before what they hold. The whole is centred on x = 0. */
  readonly nodes: readonly Placed[];
  readonly routes: readonly Route[];
  readonly width: number;
  readonly height: number;
}

// Where lines enter and leave an open module: points of their own in its layout, so that lines keep clear of its nodes.
const IN = "\0in";
const OUT = "\0out";
const TOP = "";

/** One line of one level: within this module (or at the top), from one of its parts to another. */
type Hop = readonly [holder: string, source: string, target: string];

/** What is inside one open module, in coordinates of its own. */
interface Level {
  readonly width: number;
  readonly height: number;
  readonly children: ReadonlyMap<string, Box & { readonly inner: Level | null }>;
  readonly lines: ReadonlyMap<string, readonly Point[]>;
}

const between = (source: string, target: string): string => `${source}\0>${target}`;

/** The way of a line from node to node: out of modules, across, and into modules. */
function hops(up: readonly string[], down: readonly string[]): Hop[] {
  let shared = 0;
  while (up[shared] === down[shared]) shared += 1;
  const way: Hop[] = [];
  for (let level = up.length - 1; level > shared; level -= 1) way.push([up[level - 1]!, up[level]!, OUT]);
  way.push([up[shared - 1] ?? TOP, up[shared]!, down[shared]!]);
  for (let level = shared + 1; level < down.length; level += 1) way.push([down[level - 1]!, IN, down[level]!]);
  return way;
}

/** The lines within each module. They are the same whatever is open, since each joins two parts of one level. */
function linksOf(tree: Tree, paths: ReadonlyMap<string, readonly string[]>): Map<string, Map<string, Hop>> {
  const links = new Map<string, Map<string, Hop>>();
  for (const [source, target] of tree.edges)
    for (const hop of hops(paths.get(source)!, paths.get(target)!)) {
      const [holder, from, to] = hop;
      const known = links.get(holder) ?? new Map<string, Hop>();
      links.set(holder, known.set(between(from, to), hop));
    }
  return links;
}

function levelOf(
  tree: Tree,
  holder: string,
  inner: ReadonlyMap<string, Level | null>,
  links: Iterable<Hop>,
  arrange: Arrange,
): Level {
  const ids = [...inner.keys(), IN, OUT];
  const row = new Map(ids.map((id, index) => [id, index]));
  const own = [...links];
  const title = tree.nodes.get(holder);
  const arranged = arrange({
    sizes: [...inner]
      .map(([id, level]) => level ?? sizeOf(tree.nodes.get(id)!))
      .map(({ width, height }) => [width, height]),
    links: own.map(([, source, target]) => [row.get(source)!, row.get(target)!]),
    title: title ? sizeOf(title).width + 8 : null,
  });
  return {
    width: arranged.width,
    height: arranged.height,
    children: new Map([...inner].map(([id, level], index) => [id, { ...arranged.boxes[index]!, inner: level }])),
    lines: new Map(own.map(([, source, target], index) => [between(source, target), arranged.lines[index]!])),
  };
}

/** Lays a graph out for any set of open modules; only the levels that changed are arranged anew. */
export function layouter(tree: Tree, arrange: Arrange): (open: Open) => Layout {
  const paths = new Map([...tree.nodes.keys()].map((id) => [id, path(tree, id)]));
  const links = linksOf(tree, paths);
  const known = new Map<string, { key: string; level: Level }>();

  /** The level of one module, and a key that says what is open in it. */
  const level = (holder: string, ids: readonly string[], open: Open): { key: string; level: Level } => {
    const inside = ids.map((id) => [id, open.has(id) ? level(id, tree.nodes.get(id)!.children, open) : null] as const);
    const key = inside.map(([id, inner]) => (inner ? `${id}(${inner.key})` : "")).join();
    const before = known.get(holder);
    if (before?.key === key) return before;
    const inner = new Map(inside.map(([id, one]) => [id, one && one.level]));
    const made = { key, level: levelOf(tree, holder, inner, links.get(holder)?.values() ?? [], arrange) };
    known.set(holder, made);
    return made;
  };

  return (open) => {
    const { level: top } = level(TOP, tree.roots, open);
    const nodes: Placed[] = [];
    const origins = new Map<string, { level: Level; left: number; above: number }>();
    const put = (holder: string, level: Level, left: number, above: number): void => {
      origins.set(holder, { level, left, above });
      for (const [id, { x, y, width, height, inner }] of level.children) {
        nodes.push({ id, x: x + left, y: y + above, width, height, open: inner !== null });
        if (inner) put(id, inner, x + left, y + above);
      }
    };
    put(TOP, top, -top.width / 2, 0);

    const line = ([holder, source, target]: Hop): Point[] => {
      const { level, left, above } = origins.get(holder)!;
      return level.lines.get(between(source, target))!.map(({ x, y }) => ({ x: x + left, y: y + above }));
    };
    const drawn = new Set<string>();
    const routes: Route[] = [];
    for (const [from, to] of tree.edges) {
      const source = standIn(paths.get(from)!, open);
      const target = standIn(paths.get(to)!, open);
      if (source === target || drawn.has(between(source, target))) continue;
      drawn.add(between(source, target));
      routes.push({ source, target, points: hops(paths.get(source)!, paths.get(target)!).flatMap(line) });
    }
    return { nodes, routes, width: top.width, height: top.height };
  };
}
