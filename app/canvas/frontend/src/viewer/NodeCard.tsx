// One node as it is drawn: a card, or the frame of an open module.
import type { Node, NodeProps } from "@xyflow/react";
import { type CSSProperties, memo } from "react";

import { shapeText } from "../numbers";
import type { TreeNode } from "./tree";

export interface CardData extends Record<string, unknown> {
  node: TreeNode;
  open: boolean;
  differs: boolean;
  fill: string | null;
  text: string | null;
  title: string;
  marks: string;
  toggle: (id: string) => void;
}

export type Card = Node<CardData, "card">;

function Chevron({ data: { node, open, toggle } }: { data: CardData }) {
  if (node.children.length === 0) return null;
  return (
    <button
      type="button"
      className="chevron"
      tabIndex={-1}
      aria-expanded={open}
      aria-label={`${open ? "Close" : "Open"} ${node.label}`}
      data-testid={`toggle-${node.id}`}
      onClick={(event) => {
        event.stopPropagation();
        toggle(node.id);
      }}
    >
      <svg viewBox="0 0 10 10" aria-hidden>
        <path d={open ? "M1.5 3.5L5 7l3.5-3.5" : "M3.5 1.5L7 5 3.5 8.5"} />
      </svg>
    </button>
  );
}

export const NodeCard = memo(function NodeCard({ data }: NodeProps<Card>) {
  const { node, open, differs, fill, text, title, marks } = data;
  const style = fill === null || text === null ? undefined : ({ "--fill": fill, "--text": text } as CSSProperties);
  const shape = shapeText(node.shape);
  const names = [
    "card",
    node.type,
    open && "open",
    differs && "differs",
    fill && "filled",
    node.count > 1 && "many",
    marks,
  ];
  return (
    <div className={names.filter(Boolean).join(" ")} style={style} title={title} data-testid={`node-${node.id}`}>
      <span className="card-line">
        <Chevron data={data} />
        <span className="label">{node.label}</span>
        {shape && <span className="shape">{shape}</span>}
      </span>
    </div>
  );
});
