// The design as React Flow draws it; what is done to it there becomes an edit.
import { useDroppable } from "@dnd-kit/core";
import { applyNodeChanges, type Connection, type Edge, type NodeChange, ReactFlow, useReactFlow } from "@xyflow/react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { BlockCard, type BlockNode } from "./BlockCard";
import type { Design, Wire } from "./data";
import { type At, connect, copy, EMPTY, join, type Kinds, paste, refusal, remove, unwire } from "./design";
import { type CardNode, type FrameNode, GroupCard, GroupFrame } from "./GroupCard";
import { cornerOf, frameBox, framesOf, group, membersOf, moveUnits, shownWires, unitOf } from "./groups";
import { type Command, commandOf } from "./keys";
import { sizeOf } from "./size";
import { tidy } from "./tidy";
import type { DesignModel } from "./useDesign";

type CanvasNode = BlockNode | CardNode | FrameNode;

const nodeTypes = { block: BlockCard, card: GroupCard, frame: GroupFrame };
const MODIFIERS = new Set(["Control", "Meta", "Shift"]);
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
          const position = cornerOf(design, frame.id);
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
        const still = { selectable: false, draggable: false, focusable: false, zIndex: -1 };
        return { id: frame.id, type: "frame", position: { x, y }, width, height, data: { frame }, ...still };
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

const membersOrSelf = (design: Design, id: string): readonly string[] => {
  const members = membersOf(design, id).map((block) => block.id);
  return members.length > 0 ? members : [id];
};

/** What React Flow has measured of a card. */
function placed(known: ReadonlyMap<string, CanvasNode>, id: string): Partial<CardNode> {
  const old = known.get(id);
  return old?.type === "card" ? old : {};
}

export function Drawing({ model, kinds, chosen, onChosen, say }: DrawingProps) {
  const { design, edit } = model;
  const flow = useReactFlow();
  const { setNodeRef, isOver } = useDroppable({ id: "drawing" });
  const [nodes, setNodes] = useNodes(design, kinds, chosen);
  const [chosenWire, setChosenWire] = useState<string | null>(null);
  const [begunWithBlocks] = useState(design.blocks.length > 0);
  const clip = useRef<Design>(EMPTY);
  const pasted = useRef(0);

  const edges = useMemo(
    () =>
      shownWires(design).map(({ wire, source, target }): Edge => {
        const id = wireId(wire);
        return {
          id,
          source,
          target,
          targetHandle: target === wire.target ? wire.input : null,
          selected: id === chosenWire,
          interactionWidth: 16,
        };
      }),
    [design, chosenWire],
  );

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      setNodes((old) => applyNodeChanges(changes, old));
      const places = new Map(
        changes.flatMap((change): [string, At][] =>
          change.type === "position" && change.dragging === false && change.position
            ? [[change.id, change.position]]
            : [],
        ),
      );
      if (places.size > 0) edit((now) => moveUnits(now, places));
      const picked = changes.filter((change) => change.type === "select");
      if (picked.length > 0) {
        const next = new Set(chosen);
        for (const { id, selected } of picked)
          for (const one of membersOrSelf(design, id)) selected ? next.add(one) : next.delete(one);
        onChosen(next);
        if (next.size > 0) setChosenWire(null);
      }
    },
    [setNodes, edit, chosen, onChosen, design],
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

  const groupChosen = (): void => {
    const next = group(design, chosen);
    if (next === null) say("Choose the blocks of the group first.");
    else {
      edit(() => next.design);
      say(`${chosen.size} blocks are a group.`);
    }
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
    group: groupChosen,
    nothing: () => onChosen(new Set()),
  };

  const onKey = (event: KeyboardEvent): void => {
    if (MODIFIERS.has(event.key)) return; // React Flow hears them at the document: with them, several are chosen
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
      aria-label="Design. Tab goes from block to block, Enter chooses one and Control Enter several, J joins two chosen blocks, G groups, T tidies, Delete removes, Control Z undoes."
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
        <button
          type="button"
          disabled={chosen.size === 0}
          title="A frame around the chosen blocks, which can be folded and repeated (G)"
          data-testid="group"
          onClick={groupChosen}
        >
          Group
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
        fitView={begunWithBlocks} // on a blank canvas the first block stays where it was dropped
        fitViewOptions={FIT}
        panOnScroll
        preventScrolling={false}
        zoomOnScroll={false}
      />
    </div>
  );
}
