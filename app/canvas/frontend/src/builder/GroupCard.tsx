// A folded group as one card, and the frame around an open one.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo, useContext, useEffect, useState } from "react";

import { short } from "../numbers";
import { WorkshopContext } from "./context";
import type { Frame } from "./data";
import { HEADER } from "./size";

const MOST_COPIES = 64; // the twin of `MOST_COPIES` in `app/canvas/builder.py`
const LONGEST = 60;

export type CardNode = Node<{ frame: Frame; members: readonly string[] }, "card">;
export type FrameNode = Node<{ frame: Frame }, "frame">;

function Times({ frame }: { frame: Frame }) {
  const shop = useContext(WorkshopContext);
  const [text, setText] = useState(String(frame.times));
  useEffect(() => setText(String(frame.times)), [frame.times]);
  const allowed = (times: number): boolean => Number.isInteger(times) && times >= 1 && times <= MOST_COPIES;
  return (
    <label className="times" title="So many copies, one after another, each with weights of its own">
      ×
      <input
        type="number"
        className="nodrag nowheel"
        min={1}
        max={MOST_COPIES}
        step={1}
        value={text}
        aria-invalid={!allowed(Number(text))}
        aria-label={`Copies of ${frame.title}`}
        data-testid={`times-${frame.id}`}
        onChange={({ target }) => {
          setText(target.value);
          if (allowed(Number(target.value))) shop?.setGroup(frame.id, { times: Number(target.value) });
        }}
        onBlur={() => setText(String(frame.times))}
      />
      {!allowed(Number(text)) && (
        <span className="refused" role="alert">
          From 1 to {MOST_COPIES} copies.
        </span>
      )}
    </label>
  );
}

/** A name such as InvertedResidual may be broken between its words. */
const broken = (name: string): string => name.replace(/([a-z])([A-Z])/g, "$1\u200b$2");

export const GroupCard = memo(function GroupCard({ data: { frame, members }, selected }: NodeProps<CardNode>) {
  const shop = useContext(WorkshopContext);
  if (!shop) return null;
  const statuses = members.map((id) => shop.statusOf(id));
  const wrong = statuses.find((status) => status?.error != null)?.error;
  const last = statuses.at(-1);
  const parameters = frame.times * statuses.reduce((sum, status) => sum + (status?.parameters ?? 0), 0);
  return (
    <div
      className={`block card${selected ? " selected" : ""}${wrong ? " faulty" : ""}`}
      data-testid={`group-${frame.id}`}
      onDoubleClick={() => shop.fold(frame.id, false)}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} style={{ top: HEADER / 2 }} />
      <div className="block-title" title={frame.title}>
        {broken(frame.title || frame.id)}
      </div>
      <div className="card-row">
        <span className="quiet">{members.length} blocks</span>
        <Times frame={frame} />
        <button
          type="button"
          className="nodrag"
          title="Show the blocks"
          data-testid={`unfold-${frame.id}`}
          onClick={() => shop.fold(frame.id, false)}
        >
          Open
        </button>
      </div>
      <div className={`foot${wrong ? " wrong" : ""}`} data-testid={`badge-${frame.id}`}>
        {wrong ?? (
          <>
            <b>{last?.shape ?? "…"}</b>
            {parameters > 0 && <span>{short(parameters)} parameters</span>}
          </>
        )}
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} style={{ top: HEADER / 2 }} />
    </div>
  );
});

export const GroupFrame = memo(function GroupFrame({ data: { frame } }: NodeProps<FrameNode>) {
  const shop = useContext(WorkshopContext);
  if (!shop) return null;
  return (
    <div className="frame" data-testid={`frame-${frame.id}`}>
      <div
        className="frame-head"
        title="Drag to move the group; click to choose its blocks"
        onClick={({ target, currentTarget }) => target === currentTarget && shop.choose(frame.id)}
      >
        <input
          className="frame-title nodrag"
          value={frame.title}
          placeholder={frame.id}
          maxLength={LONGEST}
          size={Math.min(Math.max(frame.title.length + 1, 8), 28)}
          aria-label="Name of the group"
          title="Name of the group"
          data-testid={`title-${frame.id}`}
          onChange={({ target }) => shop.setGroup(frame.id, { title: target.value })}
          onKeyDown={({ key, currentTarget }) => key === "Enter" && currentTarget.blur()}
        />
        <Times frame={frame} />
        <button
          type="button"
          className="nodrag"
          data-testid={`fold-${frame.id}`}
          onClick={() => shop.fold(frame.id, true)}
        >
          Fold
        </button>
        <button type="button" className="nodrag" title="Keep the blocks" onClick={() => shop.ungroup(frame.id)}>
          Dissolve
        </button>
      </div>
    </div>
  );
});
