// The design as React Flow draws it; what is done to it there becomes an edit.
import { useDroppable } from "@dnd-kit/core";
import { applyNodeChanges, type Connection, type Edge, type NodeChange, ReactFlow, useReactFlow } from "@xyflow/react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { BlockCard, type BlockNode } from "./BlockCard";
import type { Design, Wire } from "./data";
import { type At, connect, copy, EMPTY, join, type Kinds, move, paste, refusal, remove, unwire } from "./design";
import { type Command, commandOf } from "./keys";
import { sizeOf } from "./size";
import { tidy } from "./tidy";
import type { DesignModel } from "./useDesign";

const nodeTypes = { block: BlockCard };
const FIT = { maxZoom: 1, padding: 0.15 };

interface DrawingProps {
  model: DesignModel;
  kinds: Kinds;
  chosen: ReadonlySet<string>;
  onChosen: (ids: ReadonlySet<string>) => void;
  say: (sentence: string) => void;
}

const wireOf = ({ source, target, targetHandle }: Connection | Edge): Wire => ({
  source,
  target,
  input: targetHandle ?? "",
});
const wireId = ({ source, target, input }: Wire): string => `${source}>${target}:${input}`;

/** The design's blocks, with what only the screen knows of them: places while dragging, what is chosen. */
function useNodes(design: Design, kinds: Kinds, chosen: ReadonlySet<string>) {
  const [nodes, setNodes] = useState<BlockNode[]>([]);
  useEffect(() => {
    setNodes((old) => {
      const known = new Map(old.map((node) => [node.id, node]));
      return design.blocks.map((block): BlockNode => {
        const before = known.get(block.id);
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
    });
  }, [design, kinds, chosen]);
  return [nodes, setNodes] as const;
}

export function Drawing({ model, kinds, chosen, onChosen, say }: DrawingProps) {
  const { design, edit } = model;
  const flow = useReactFlow();
  const { setNodeRef, isOver } = useDroppable({ id: "drawing" });
  const [nodes, setNodes] = useNodes(design, kinds, chosen);
  const [chosenWire, setChosenWire] = useState<string | null>(null);
  const clip = useRef<Design>(EMPTY);
  const pasted = useRef(0);

  const edges = useMemo(
    () =>
      design.wires.map((wire): Edge => {
        const id = wireId(wire);
        return {
          id,
          source: wire.source,
          target: wire.target,
          targetHandle: wire.input,
          selected: id === chosenWire,
          interactionWidth: 16,
        };
      }),
    [design.wires, chosenWire],
  );

  const onNodesChange = useCallback(
    (changes: NodeChange<BlockNode>[]) => {
      setNodes((old) => applyNodeChanges(changes, old));
      const places = new Map(
        changes.flatMap((change): [string, At][] =>
          change.type === "position" && change.dragging === false && change.position
            ? [[change.id, change.position]]
            : [],
        ),
      );
      if (places.size > 0) edit((now) => move(now, places));
      const picked = changes.filter((change) => change.type === "select");
      if (picked.length > 0) {
        const next = new Set(chosen);
        for (const { id, selected } of picked) selected ? next.add(id) : next.delete(id);
        onChosen(next);
        if (next.size > 0) setChosenWire(null);
      }
    },
    [setNodes, edit, chosen, onChosen],
  );

  const arrange = (): void => {
    edit((now) => tidy(now, (id) => sizeOf(kinds.get(now.blocks.find((block) => block.id === id)?.kind ?? ""))));
    setTimeout(() => void flow.fitView(FIT), 60);
  };

  const putClip = (from: Design, by: number): void => {
    const next = paste(design, from, { x: by, y: by });
    edit(() => next.design);
    onChosen(new Set(next.ids));
    say(`${next.ids.length} pasted.`);
  };

  const take = (): void => {
    clip.current = copy(design, chosen);
    pasted.current = 0;
  };

  const drop = (): void => {
    const wire = design.wires.find((one) => wireId(one) === chosenWire);
    if (chosen.size > 0) edit((now) => remove(now, chosen));
    else if (wire) edit((now) => unwire(now, wire));
    onChosen(new Set());
    setChosenWire(null);
  };

  const joinChosen = (): void => {
    const [first, second, ...more] = design.blocks
      .filter(({ id }) => chosen.has(id))
      .sort((a, b) => a.x - b.x || a.y - b.y);
    if (!first || !second || more.length > 0) say("Choose two blocks to join them.");
    else edit((now) => join(now, first.id, second.id, kinds));
  };

  const run: Record<Command, () => void> = {
    remove: drop,
    copy: take,
    cut: () => {
      take();
      drop();
    },
    paste: () => putClip(clip.current, 32 * (pasted.current += 1)),
    duplicate: () => putClip(copy(design, chosen), 32),
    all: () => onChosen(new Set(design.blocks.map(({ id }) => id))),
    undo: model.undo,
    redo: model.redo,
    join: joinChosen,
    tidy: arrange,
    nothing: () => onChosen(new Set()),
  };

  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation(); // Streamlit has one-letter keys of its own
    if ((event.target as HTMLElement).closest("input, select")) return;
    const command = commandOf({ key: event.key, command: event.ctrlKey || event.metaKey, shift: event.shiftKey });
    if (!command) return;
    event.preventDefault();
    run[command]();
  };

  return (
    <div
      className={`drawing${isOver ? " over" : ""}`}
      ref={setNodeRef}
      role="application"
      aria-label="Design. Tab goes from block to block, J joins two chosen blocks, T tidies, Delete removes, Control Z undoes."
      tabIndex={0}
      data-testid="drawing"
      onKeyDown={onKey}
    >
      <div className="drawing-bar" role="toolbar" aria-label="Edit">
        <button type="button" disabled={!model.canUndo} title="Undo (Ctrl Z)" data-testid="undo" onClick={model.undo}>
          Undo
        </button>
        <button
          type="button"
          disabled={!model.canRedo}
          title="Redo (Ctrl Shift Z)"
          data-testid="redo"
          onClick={model.redo}
        >
          Redo
        </button>
        <button type="button" title="Arrange from left to right (T)" data-testid="tidy" onClick={arrange}>
          Tidy
        </button>
        <button type="button" title="See all of it" onClick={() => void flow.fitView(FIT)}>
          All
        </button>
      </div>
      {design.blocks.length === 0 && <p className="drawing-empty">Drag a block here, or press Enter on one.</p>}
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        onNodesChange={onNodesChange}
        onEdgeClick={(_, edge) => {
          onChosen(new Set());
          setChosenWire(edge.id);
        }}
        onPaneClick={() => setChosenWire(null)}
        onConnect={(connection) => edit((now) => connect(now, wireOf(connection), kinds))}
        isValidConnection={(connection) => refusal(design, wireOf(connection), kinds) === null}
        onConnectEnd={(_, state) => {
          const { fromNode, toNode, toHandle, isValid } = state;
          if (isValid !== false || !fromNode || !toNode) return;
          const why = refusal(design, { source: fromNode.id, target: toNode.id, input: toHandle?.id ?? "" }, kinds);
          if (why !== null) say(why);
        }}
        deleteKeyCode={null} // keys count only while the canvas has the focus: see onKey
        multiSelectionKeyCode={["Control", "Meta", "Shift"]}
        selectionKeyCode="Shift"
        minZoom={0.15}
        maxZoom={1.6}
        fitView
        fitViewOptions={FIT}
        panOnScroll
        preventScrolling={false}
        zoomOnScroll={false}
      />
    </div>
  );
}
