// The design as React Flow draws it; what is done to it there becomes an edit.
import { useDroppable } from "@dnd-kit/core";
import {
  applyNodeChanges,
  type Connection,
  type Edge,
  type NodeChange,
  ReactFlow,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { type KeyboardEvent, type ReactNode, useCallback, useRef, useState } from "react";

import { BlockCard } from "./BlockCard";
import { fromText, toText } from "./clipboard";
import type { Block, Design, Wire } from "./data";
import { type At, connect, copy, join, type Kinds, paste, refusal, remove, unwire } from "./design";
import { GroupCard, GroupFrame } from "./GroupCard";
import { group, moveUnits } from "./groups";
import { type Command, commandOf } from "./keys";
import { Line } from "./Line";
import { sizeOf } from "./size";
import { tidy } from "./tidy";
import type { DesignModel } from "./useDesign";
import { inField, useClipboard, useFocus } from "./useKeyboard";
import { useLines, wireId } from "./useLines";
import { type CanvasNode, membersOrSelf, useNodes, withMembers } from "./useNodes";

const nodeTypes = { block: BlockCard, card: GroupCard, frame: GroupFrame };
const edgeTypes = { line: Line };
const MODIFIERS = new Set(["Control", "Meta", "Shift"]);
const FIT = { maxZoom: 1, padding: 0.1 };
const FAR = 0.6; // zoom from which on only what a block is and gives is written, larger

interface DrawingProps {
  model: DesignModel;
  kinds: Kinds;
  chosen: ReadonlySet<string>;
  onChosen: (ids: ReadonlySet<string>) => void;
  say: (sentence: string) => void;
  /** Says it when so many more blocks are too many. */
  full: (more?: number) => boolean;
  /** More buttons. */
  more: ReactNode;
}

const wireOf = ({ source, target, targetHandle }: Connection | Edge): Wire => ({
  source,
  target,
  input: targetHandle ?? "",
});

export function Drawing({ model, kinds, chosen, onChosen, say, full, more }: DrawingProps) {
  const { design, edit } = model;
  const root = useRef<HTMLDivElement | null>(null);
  const far = useStore(({ transform }) => transform[2] < FAR);
  const flow = useReactFlow();
  const { setNodeRef, isOver } = useDroppable({ id: "drawing" });
  const [nodes, setNodes] = useNodes(design, kinds, chosen);
  const [chosenWire, setChosenWire] = useState<string | null>(null);
  const [begunWithBlocks] = useState(design.blocks.length > 0);
  const pasted = useRef({ text: "", times: 0 });
  const byArrow = useRef(false);
  const kept = useFocus(root, [design, nodes, chosenWire]);
  const sizeOfBlock = useCallback(({ kind }: Block) => sizeOf(kinds.get(kind)), [kinds]);

  const edges = useLines(design, chosenWire, sizeOfBlock);

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      setNodes((old) => applyNodeChanges(withMembers(design, old, changes), old));
      const places = new Map(
        changes.flatMap((change): [string, At][] =>
          change.type === "position" && change.dragging === false && change.position
            ? [[change.id, change.position]]
            : [],
        ),
      );
      // A block that is pushed along by the arrow keys is one step; each drag is one.
      const name = byArrow.current ? `move ${[...places.keys()].join()}` : undefined;
      if (places.size > 0) edit((now) => moveUnits(now, places), name);
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
    edit((now) => tidy(now, sizeOfBlock));
    setTimeout(() => void flow.fitView(FIT), 60);
  };

  const put = (from: Design, by: number): void => {
    if (from.blocks.length === 0) say("Choose the blocks first.");
    else if (!full(from.blocks.length)) {
      const next = paste(design, from, { x: by, y: by });
      edit(() => next.design);
      onChosen(new Set(next.ids));
    }
  };

  // The system's clipboard, so that blocks go from tab to tab.
  const onClipboard = (event: ClipboardEvent): void => {
    const clip = event.clipboardData;
    if (!clip) return;
    if (event.type === "paste") {
      event.preventDefault();
      const text = clip.getData("text/plain");
      const found = fromText(text, kinds);
      if (found === null) return say("What was copied last are no blocks of this canvas.");
      pasted.current = { text, times: pasted.current.text === text ? pasted.current.times + 1 : 1 };
      put(found, 32 * pasted.current.times);
    } else if (chosen.size > 0) {
      event.preventDefault();
      clip.setData("text/plain", toText(copy(design, chosen)));
      pasted.current = { text: "", times: 0 };
      if (event.type === "cut") drop();
    }
  };
  useClipboard(root, onClipboard);

  const drop = (): void => {
    const wire = design.wires.find((one) => wireId(one) === chosenWire);
    if (chosen.size > 0) edit((now) => remove(now, chosen));
    else if (wire) edit((now) => unwire(now, wire));
    else say("Choose a block or a line first.");
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
    }
  };

  const run: Record<Command, () => void> = {
    remove: drop,
    duplicate: () => put(copy(design, chosen), 32),
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
    if (inField(event.target)) return;
    const command = commandOf({ key: event.key, command: event.ctrlKey || event.metaKey, shift: event.shiftKey });
    if (!command) return;
    event.preventDefault();
    run[command]();
  };

  return (
    <div
      className={`drawing${isOver ? " over" : ""}${far ? " far" : ""}`}
      ref={(element) => {
        root.current = element;
        setNodeRef(element);
      }}
      role="application"
      aria-label="Design. Tab goes from block to block, Enter chooses one and Control Enter several, J joins two chosen blocks, G groups, T tidies, Delete removes, Control Z undoes."
      tabIndex={0}
      data-testid="drawing"
      onKeyDownCapture={({ key }) => {
        byArrow.current = key.startsWith("Arrow");
      }}
      onKeyDown={onKey}
      {...kept}
      onPointerDownCapture={() => {
        byArrow.current = false;
      }}
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
        {more}
      </div>
      {design.blocks.length === 0 && <p className="drawing-empty">Drag a block here, or press Enter on one.</p>}
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onEdgeClick={(_, edge) => {
          onChosen(new Set());
          setChosenWire(edge.id);
        }}
        onEdgesChange={(changes) => {
          for (const change of changes) {
            if (change.type !== "select") continue;
            if (change.selected) {
              onChosen(new Set());
              setChosenWire(change.id);
            } else setChosenWire((old) => (old === change.id ? null : old));
          }
        }}
        onPaneClick={() => setChosenWire(null)}
        onConnect={(connection) => edit((now) => connect(now, wireOf(connection), kinds))}
        isValidConnection={(connection) => refusal(design, wireOf(connection), kinds) === null}
        onConnectEnd={(event, state) => {
          const { fromNode, toNode, toHandle, isValid } = state;
          const [target] = event.composedPath();
          if (!toNode && target instanceof Element && target.closest(".card"))
            say("Open the group first, to join a block in it.");
          if (isValid !== false || !fromNode || !toNode) return;
          const why = refusal(design, { source: fromNode.id, target: toNode.id, input: toHandle?.id ?? "" }, kinds);
          if (why !== null) say(why);
        }}
        deleteKeyCode={null} // keys count only while the canvas has the focus: see onKey
        multiSelectionKeyCode={["Control", "Meta", "Shift"]}
        selectionKeyCode="Shift"
        minZoom={0.05}
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
