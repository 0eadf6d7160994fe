// A folded group as one card, and the frame around an open one.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo, useContext } from "react";

import { short } from "../numbers";
import { WorkshopContext } from "./context";
import type { Frame } from "./data";
import { HEADER } from "./size";

export type CardNode = Node<{ frame: Frame; members: readonly string[] }, "card">;
export type FrameNode = Node<{ frame: Frame }, "frame">;

function Times({ frame }: { frame: Frame }) {
  const shop = useContext(WorkshopContext);
  return (
    <label className="times" title="So many copies, one after another, each with weights of its own">
      ×
      <input
        type="number"
        className="nodrag nowheel"
        min={1}
        max={64}
        step={1}
        value={frame.times}
        aria-label={`Copies of ${frame.title}`}
        data-testid={`times-${frame.id}`}
        onChange={({ target }) => {
          const times = Number(target.value);
          if (Number.isInteger(times) && times >= 1 && times <= 64) shop?.setGroup(frame.id, { times });
        }}
      />
    </label>
  );
}

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
      onDoubleClick={() => shop.setGroup(frame.id, { folded: false })}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} style={{ top: HEADER / 2 }} />
      <div className="block-title">{frame.title || frame.id}</div>
      <div className="card-row">
        <span className="quiet">{members.length} blocks</span>
        <Times frame={frame} />
        <button
          type="button"
          className="nodrag"
          title="Show the blocks"
          data-testid={`unfold-${frame.id}`}
          onClick={() => shop.setGroup(frame.id, { folded: false })}
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
      <div className="frame-head">
        <span>{frame.title || frame.id}</span>
        <Times frame={frame} />
        <button
          type="button"
          className="nodrag"
          data-testid={`fold-${frame.id}`}
          onClick={() => shop.setGroup(frame.id, { folded: true })}
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
