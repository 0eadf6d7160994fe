// The design's blocks and groups as React Flow's nodes.
import type { NodeChange } from "@xyflow/react";
import { useEffect, useState } from "react";

import type { BlockNode } from "./BlockCard";
import type { Design } from "./data";
import type { Kinds } from "./design";
import type { CardNode, FrameNode } from "./GroupCard";
import { frameBox, framesOf, membersOf, placeOf, unitOf } from "./groups";
import { sizeOf } from "./size";

export type CanvasNode = BlockNode | CardNode | FrameNode;

/** The design's blocks, with what only the screen knows of them: places while dragging, what is chosen. */
export function useNodes(design: Design, kinds: Kinds, chosen: ReadonlySet<string>) {
  const [nodes, setNodes] = useState<CanvasNode[]>([]);
  useEffect(() => {
    setNodes((old) => {
      const known = new Map(old.map((node) => [node.id, node]));
      const unit = unitOf(design);
      const boxes = framesOf(design).map((frame): CanvasNode => {
        const members = membersOf(design, frame.id);
        if (frame.folded) {
          const ids = members.map(({ id }) => id);
          const selected = ids.every((id) => chosen.has(id));
          const position = placeOf(design, frame);
          return {
            ...placed(known, frame.id),
            id: frame.id,
            type: "card",
            position,
            selected,
            data: { frame, members: ids },
          };
        }
        const { x, y, width, height } = frameBox(design, frame.id, ({ kind }) => sizeOf(kinds.get(kind)));
        const behind = { selectable: false, focusable: false, zIndex: -1, style: { pointerEvents: "none" as const } };
        return {
          id: frame.id,
          type: "frame",
          position: { x, y },
          width,
          height,
          data: { frame },
          dragHandle: ".frame-head",
          ...behind,
        };
      });
      const shown = design.blocks.filter(({ id }) => unit(id) === id);
      const cards = shown.map((block): BlockNode => {
        const old = known.get(block.id);
        const before = old?.type === "block" ? old : undefined;
        const data = before?.data.block === block ? before.data : { block };
        const size = sizeOf(kinds.get(block.kind));
        return {
          ...before,
          id: block.id,
          type: "block",
          position: { x: block.x, y: block.y },
          data,
          width: size.width,
          selected: chosen.has(block.id),
        };
      });
      return [...boxes, ...cards];
    });
  }, [design, kinds, chosen]);
  return [nodes, setNodes] as const;
}

/** The blocks that a node stands for. */
export const membersOrSelf = (design: Design, id: string): readonly string[] => {
  const members = membersOf(design, id).map((block) => block.id);
  return members.length > 0 ? members : [id];
};

/** What React Flow has measured of a card. */
function placed(known: ReadonlyMap<string, CanvasNode>, id: string): Partial<CardNode> {
  const old = known.get(id);
  return old?.type === "card" ? old : {};
}

/** The members of open groups go where their frames are dragged. */
export function withMembers(design: Design, old: readonly CanvasNode[], changes: NodeChange<CanvasNode>[]) {
  const more = changes.flatMap((change): NodeChange<CanvasNode>[] => {
    if (change.type !== "position" || !change.position) return [];
    const frame = old.find((node) => node.id === change.id && node.type === "frame");
    if (!frame) return [];
    const [dx, dy] = [change.position.x - frame.position.x, change.position.y - frame.position.y];
    const members = new Set(membersOf(design, frame.id).map(({ id }) => id));
    return old
      .filter(({ id }) => members.has(id))
      .map(({ id, position }) => ({ type: "position", id, position: { x: position.x + dx, y: position.y + dy } }));
  });
  return [...changes, ...more];
}
