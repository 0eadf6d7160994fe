// Graphs for the tests.
import type { GraphData, NodeRow } from "./data";
import { plant, type Tree } from "./tree";

/** Rows from `name` or `holder/name`, parents first; edges as `from>to`. */
export function graph(
  names: string[],
  edges: string[] = [],
  change: (row: NodeRow) => void = () => undefined,
): GraphData {
  const row = new Map(names.map((name, index) => [name, index]));
  const nodes = names.map((name): NodeRow => {
    const parent = row.get(name.slice(0, Math.max(0, name.lastIndexOf("/")))) ?? -1;
    const made: NodeRow = [
      name,
      name.slice(name.lastIndexOf("/") + 1),
      "module",
      parent,
      [1, 64, 32, 32],
      10,
      100,
      "",
      1,
      false,
    ];
    change(made);
    return made;
  });
  const at = (name: string): number => {
    const index = row.get(name);
    if (index === undefined) throw new Error(`no node ${name}`);
    return index;
  };
  return { title: "example", nodes, edges: edges.map((edge) => edge.split(">").map(at) as [number, number]) };
}

/** input -> block (conv -> norm -> add, with the input added) -> head */
export const RESIDUAL = graph(
  ["input", "block", "block/conv", "block/norm", "block/add", "head"],
  ["input>block/conv", "block/conv>block/norm", "block/norm>block/add", "input>block/add", "block/add>head"],
);

/** A chain of blocks, each with a residual connection around its parts. */
export function large(blocks: number, parts: number): Tree {
  const names: string[] = [];
  const edges: string[] = [];
  for (let block = 0; block < blocks; block += 1) {
    names.push(`b${block}`);
    for (let part = 0; part < parts; part += 1) {
      names.push(`b${block}/${part}`);
      if (part > 0) edges.push(`b${block}/${part - 1}>b${block}/${part}`);
      else if (block > 0) edges.push(`b${block - 1}/${parts - 1}>b${block}/0`);
    }
    if (block > 0) edges.push(`b${block - 1}/${parts - 1}>b${block}/${parts - 1}`);
  }
  return plant(graph(names, edges));
}
