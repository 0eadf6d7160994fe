// A block on the canvas: its title, its parameters, and what comes out of it or what is wrong with it.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo, useContext } from "react";

import { short } from "../numbers";
import { WorkshopContext } from "./context";
import type { Block, Status } from "./data";
import { ParameterField } from "./ParameterField";
import { fieldsOf, PORT, ROW } from "./size";

export type BlockNode = Node<{ block: Block }, "block">;

function Foot({
  id,
  status,
  stale,
  onFix,
}: {
  id: string;
  status: Status | undefined;
  stale: boolean;
  onFix: () => void;
}) {
  if (!status)
    return (
      <div className="foot quiet" data-testid={`badge-${id}`}>
        …
      </div>
    );
  if (status.error !== null) {
    return (
      <div className="foot wrong" role="alert" data-testid={`badge-${id}`}>
        {status.error}
        {status.fix && (
          <button type="button" className="nodrag" onClick={onFix}>
            {status.fix.label}
          </button>
        )}
      </div>
    );
  }
  const cost = [
    status.parameters > 0 && `${short(status.parameters)} parameters`,
    status.macs > 0 && `${short(status.macs)} MACs`,
  ];
  return (
    <div className={`foot${stale ? " quiet" : ""}`} data-testid={`badge-${id}`}>
      <b>{status.shape ?? "…"}</b>
      {cost.filter(Boolean).map((one) => (
        <span key={String(one)}>{one}</span>
      ))}
    </div>
  );
}

export const BlockCard = memo(function BlockCard({ data: { block }, selected }: NodeProps<BlockNode>) {
  const shop = useContext(WorkshopContext);
  const kind = shop?.kinds.get(block.kind);
  if (!shop || !kind) return null;
  const status = shop.statusOf(block.id);
  return (
    <div
      className={`block${selected ? " selected" : ""}${status?.error != null ? " faulty" : ""}`}
      data-testid={`block-${block.id}`}
    >
      {kind.inputs.map((input, number) => (
        <Handle
          key={input}
          id={input}
          type="target"
          position={Position.Left}
          title={kind.inputs.length > 1 ? input : "input"}
          style={{ top: PORT + number * ROW }}
        />
      ))}
      <div className="block-title" title={kind.hint}>
        {kind.title}
      </div>
      {fieldsOf(kind).map((name) => (
        <ParameterField
          key={name}
          id={block.id}
          name={name}
          schema={kind.parameters[name]!}
          value={block.parameters[name] ?? null}
          onSet={(value) => shop.set(block.id, name, value)}
        />
      ))}
      <Foot
        id={block.id}
        status={status}
        stale={shop.stale}
        onFix={() => status?.fix && shop.repair(status.fix.repairs)}
      />
      {kind.output && <Handle type="source" position={Position.Right} title="output" style={{ top: PORT }} />}
    </div>
  );
});
