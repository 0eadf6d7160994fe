// The design's lines as React Flow's edges, around the blocks between.
import { useMemo } from "react";

import type { Design, Wire } from "./data";
import { framesOf, shownWires, unitOf } from "./groups";
import type { LineEdge } from "./Line";
import { boxesOf, type SizeOf } from "./places";
import { levelOf } from "./routes";

export const wireId = ({ source, target, input }: Wire): string => `${source}>${target}:${input}`;

/** The chosen one lies above all others. */
export function useLines(design: Design, chosen: string | null, sizeOfBlock: SizeOf): LineEdge[] {
  const lines = useMemo(() => {
    const units = boxesOf(design, sizeOfBlock);
    for (const { id, folded } of framesOf(design)) if (!folded) units.delete(id);
    const unit = unitOf(design);
    for (const block of design.blocks)
      if (unit(block.id) === block.id) units.set(block.id, { x: block.x, y: block.y, ...sizeOfBlock(block) });
    return shownWires(design).map(({ wire, source, target }): LineEdge => {
      const [from, to] = [units.get(source), units.get(target)];
      const others = [...units].filter(([id]) => id !== source && id !== target).map(([, box]) => box);
      return {
        id: wireId(wire),
        type: "line",
        source,
        target,
        targetHandle: target === wire.target ? wire.input : null,
        data: { level: from && to ? levelOf(from, to, others) : null },
      };
    });
  }, [design, sizeOfBlock]);
  return useMemo(
    () => lines.map((line) => (line.id === chosen ? { ...line, selected: true, zIndex: 1 } : line)),
    [lines, chosen],
  );
}
