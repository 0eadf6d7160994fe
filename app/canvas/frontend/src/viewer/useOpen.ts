// Which modules are open, and how the graphs are laid out for that.
import { useCallback, useMemo, useState } from "react";

import { arranger } from "./arrange";
import { type Layout, layouter, type Placed } from "./layout";
import { firstDepth, type Open, openTo, type Trees } from "./tree";

const AT_FIRST = 30; // nodes

export interface OpenModel {
  open: Open;
  setOpen: (open: Open) => void;
  depth: number;
  /** Open all modules above this depth, in all graphs. */
  openAllTo: (depth: number) => void;
  levels: number;
  layouts: ReadonlyMap<string, Layout>;
  placedOf: (arm: string, id: string) => Placed | undefined;
}

const allTo = (trees: Trees, depth: number): Open =>
  new Set([...trees.values()].flatMap((tree) => [...openTo(tree, depth)]));

export function useOpen(trees: Trees): OpenModel {
  const [depth, setDepth] = useState(() => firstDepth([...trees.values()], AT_FIRST));
  const [open, setOpen] = useState(() => allTo(trees, depth));
  const layouters = useMemo(() => {
    const arrange = arranger();
    return [...trees].map(([arm, tree]) => [arm, layouter(tree, arrange)] as const);
  }, [trees]);
  const layouts = useMemo(() => new Map(layouters.map(([arm, lay]) => [arm, lay(open)])), [layouters, open]);
  const placedOf = useCallback(
    (arm: string, id: string) => layouts.get(arm)?.nodes.find((placed) => placed.id === id),
    [layouts],
  );
  const openAllTo = (to: number): void => {
    setDepth(to);
    setOpen(allTo(trees, to));
  };
  const levels = Math.max(1, ...[...trees.values()].map((tree) => tree.levels));
  return { open, setOpen, depth, openAllTo, levels, layouts, placedOf };
}
