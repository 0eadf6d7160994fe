// Arrow keys on a graph: up and down along the nodes on the screen, right into a module, left out of it.
import { onScreen, type Open, type Tree } from "./tree";

export type Step = { type: "go"; id: string } | { type: "toggle"; id: string };

export function walk(tree: Tree, open: Open, at: string | null, key: string): Step | null {
  const all = onScreen(tree, open);
  const here = all.findIndex(({ id }) => id === at);
  const node = all[here];
  const go = (index: number): Step | null => {
    const next = all[Math.min(Math.max(index, 0), all.length - 1)];
    return next ? { type: "go", id: next.id } : null;
  };
  switch (key) {
    case "ArrowDown":
      return go(here + 1);
    case "ArrowUp":
      return go(here < 0 ? 0 : here - 1);
    case "Home":
      return go(0);
    case "End":
      return go(all.length - 1);
    case "ArrowRight":
      if (!node || node.children.length === 0) return null;
      return open.has(node.id) ? go(here + 1) : { type: "toggle", id: node.id };
    case "ArrowLeft":
      if (!node) return null;
      if (open.has(node.id)) return { type: "toggle", id: node.id };
      return node.parent === null ? null : { type: "go", id: node.parent };
    default:
      return null;
  }
}
