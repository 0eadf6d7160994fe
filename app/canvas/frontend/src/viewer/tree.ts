// A graph as a tree of modules: who holds whom, what is open, what is found.
import type { GraphData, NodeType } from "./data";

export interface TreeNode {
  readonly id: string;
  readonly label: string;
  readonly type: NodeType;
  readonly parent: string | null;
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
  readonly detail: string;
  readonly count: number;
  readonly changed: boolean;
  readonly children: readonly string[];
  /** 0 for the outermost. */
  readonly depth: number;
}

export interface Tree {
  readonly nodes: ReadonlyMap<string, TreeNode>;
  readonly roots: readonly string[];
  /** Between innermost nodes. */
  readonly edges: readonly (readonly [string, string])[];
  /** How many levels there are. */
  readonly levels: number;
}

/** Graphs by arm. */
export type Trees = ReadonlyMap<string, Tree>;

/** The modules that are open; everything else that holds something is drawn as one node. */
export type Open = ReadonlySet<string>;

export function plant(graph: GraphData): Tree {
  const nodes = new Map<string, TreeNode & { children: string[] }>();
  const roots: string[] = [];
  const ids = graph.nodes.map(([id]) => id);
  for (const [id, label, type, parentRow, shape, parameters, macs, detail, count, changed] of graph.nodes) {
    const parent = ids[parentRow] ?? null;
    const holder = parent === null ? undefined : nodes.get(parent);
    (holder?.children ?? roots).push(id);
    const depth = holder ? holder.depth + 1 : 0;
    nodes.set(id, { id, label, type, parent, shape, parameters, macs, detail, count, changed, children: [], depth });
  }
  const edges = graph.edges.flatMap(([source, target]): [string, string][] => {
    const [from, to] = [ids[source], ids[target]];
    return from !== undefined && to !== undefined ? [[from, to]] : [];
  });
  const levels = 1 + Math.max(0, ...[...nodes.values()].map(({ depth }) => depth));
  return { nodes, roots, edges, levels };
}

/** The node and all that hold it, outermost first. */
export function path(tree: Tree, id: string): string[] {
  const found: string[] = [];
  for (let node = tree.nodes.get(id); node; node = node.parent === null ? undefined : tree.nodes.get(node.parent))
    found.unshift(node.id);
  return found;
}

/** What stands on the screen for a node with this path: itself, or the outermost closed module that holds it. */
export function standIn(path: readonly string[], open: Open): string {
  return path.find((holder) => !open.has(holder)) ?? path.at(-1)!;
}

/** The nodes that are on the screen, open modules included, in the order of the graph. */
export function onScreen(tree: Tree, open: Open): TreeNode[] {
  const found: TreeNode[] = [];
  const visit = (ids: readonly string[]): void => {
    for (const id of ids) {
      const node = tree.nodes.get(id);
      if (!node) continue;
      found.push(node);
      if (open.has(id)) visit(node.children);
    }
  };
  visit(tree.roots);
  return found;
}

/** All modules open that lie above this depth. */
export function openTo(tree: Tree, depth: number): Set<string> {
  return new Set(
    [...tree.nodes.values()].filter((node) => node.children.length > 0 && node.depth < depth).map(({ id }) => id),
  );
}

/** The greatest depth at which no graph shows more nodes than `limit`; at least 0. */
export function firstDepth(trees: readonly Tree[], limit: number): number {
  const deepest = Math.max(0, ...trees.map(({ levels }) => levels - 1));
  let depth = 0;
  while (depth < deepest && trees.every((tree) => onScreen(tree, openTo(tree, depth + 1)).length <= limit)) depth += 1;
  return depth;
}

/** The nodes whose label, path or settings contain all words, in the order of the graph. */
export function search(tree: Tree, query: string): string[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return [...tree.nodes.values()]
    .filter(({ label, id, detail }) => words.every((word) => `${label} ${id} ${detail}`.toLowerCase().includes(word)))
    .map(({ id }) => id);
}

/** Whether it, or something it hides, differs. */
export function differs(tree: Tree, id: string): boolean {
  const node = tree.nodes.get(id);
  return node !== undefined && (node.changed || node.children.some((child) => differs(tree, child)));
}

/** Whether the graphs are versions of one another: then the reader keeps what is open and where they look. */
export function related(before: Iterable<Tree>, after: Iterable<Tree>): boolean {
  const ids = (trees: Iterable<Tree>): Set<string> => new Set([...trees].flatMap((tree) => [...tree.nodes.keys()]));
  const [old, now] = [ids(before), ids(after)];
  const shared = [...old].filter((id) => now.has(id)).length;
  return shared > 0.5 * Math.min(old.size, now.size);
}
