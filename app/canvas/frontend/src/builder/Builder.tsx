// The build page's canvas: the shelf of blocks beside the design.
import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { ReactFlowProvider, useReactFlow, useStoreApi } from "@xyflow/react";
import { useMemo, useState } from "react";
import "@xyflow/react/dist/base.css";

import { reveal } from "../viewport";
import type { BuilderData, Designed, Repair, Value } from "./data";
import "./builder.css";
import { WorkshopContext, type Workshop } from "./context";
import { add, join, repair, set } from "./design";
import { Drawing } from "./Drawing";
import { setFrame, ungroup } from "./groups";
import { Shelf } from "./Shelf";
import { sizeOf } from "./size";
import { useDesign } from "./useDesign";

const SILENT = {
  onDragStart: () => undefined,
  onDragOver: () => undefined,
  onDragEnd: () => undefined,
  onDragCancel: () => undefined,
};
const GAP = 56;

interface BuilderProps {
  data: BuilderData;
  onChange: (designed: Designed) => void;
}

export function Builder(props: BuilderProps) {
  return (
    <ReactFlowProvider>
      <Workbench {...props} />
    </ReactFlowProvider>
  );
}

function Workbench({ data, onChange }: BuilderProps) {
  const model = useDesign(data, onChange);
  const { design, edit } = model;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [dragged, setDragged] = useState<string | null>(null);
  const [said, say] = useState("");
  const flow = useReactFlow();
  const store = useStoreApi();
  const palette = JSON.stringify(data.palette); // sent anew with every run of the page, mostly the same
  const groups = useMemo(() => JSON.parse(palette) as BuilderData["palette"], [palette]);
  const kinds = useMemo(
    () => new Map(groups.flatMap((group) => group.kinds.map((kind) => [kind.kind, kind] as const))),
    [groups],
  );
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 150, tolerance: 8 } }),
  );

  const workshop: Workshop = useMemo(
    () => ({
      kinds,
      statusOf: (id) => data.status[id],
      stale: data.judged < model.number,
      set: (id: string, name: string, value: Value) => edit((now) => set(now, id, { [name]: value }), `${id}.${name}`),
      setGroup: (id: string, changes) =>
        edit((now) => setFrame(now, id, changes), changes.times === undefined ? undefined : `${id}.times`),
      ungroup: (id: string) => edit((now) => ungroup(now, id)),
      repair: (repairs: readonly Repair[]) => edit((now) => repair(now, repairs, kinds)),
    }),
    [kinds, data.status, data.judged, model.number, edit],
  );

  /** Behind the chosen block and joined to it; without one, behind the last. */
  const addBehind = (name: string): void => {
    const kind = kinds.get(name);
    if (!kind) return;
    const anchor = design.blocks.find(({ id }) => chosen.has(id)) ?? design.blocks.at(-1);
    const size = sizeOf(anchor && kinds.get(anchor.kind));
    const at = anchor ? { x: anchor.x + size.width + GAP, y: anchor.y } : { x: 40, y: 60 };
    while (design.blocks.some(({ x, y }) => Math.abs(x - at.x) < 40 && Math.abs(y - at.y) < 40)) at.y += 160;
    const added = add(design, kind, at);
    edit(() => (anchor ? join(added.design, anchor.id, added.id, kinds) : added.design));
    setChosen(new Set([added.id]));
    void flow.setViewport(reveal(flow.getViewport(), { ...at, ...sizeOf(kind) }, store.getState()));
    say(anchor ? `${kind.title} added behind ${anchor.id}.` : `${kind.title} added.`);
  };

  const drop = ({ active, over, activatorEvent, delta }: DragEndEvent): void => {
    const kind = kinds.get((active.data.current as { kind: string }).kind);
    setDragged(null);
    if (!kind || over?.id !== "drawing") return;
    const start =
      "touches" in activatorEvent ? (activatorEvent as TouchEvent).touches[0] : (activatorEvent as MouseEvent);
    if (!start) return;
    const at = flow.screenToFlowPosition({ x: start.clientX + delta.x - 40, y: start.clientY + delta.y - 15 });
    const added = add(design, kind, { x: Math.round(at.x), y: Math.round(at.y) });
    edit(() => added.design);
    setChosen(new Set([added.id]));
    say(`${kind.title} added.`);
  };

  return (
    <WorkshopContext value={workshop}>
      <DndContext
        sensors={sensors}
        accessibility={{ announcements: SILENT, restoreFocus: false }}
        onDragStart={({ active }) => setDragged((active.data.current as { kind: string }).kind)}
        onDragEnd={drop}
        onDragCancel={() => setDragged(null)}
      >
        <div className="builder" style={{ height: data.height }}>
          <Shelf groups={groups} onAdd={addBehind} />
          <Drawing model={model} kinds={kinds} chosen={chosen} onChosen={setChosen} say={say} />
          <div className="unseen" role="status">
            {said}
          </div>
        </div>
        <DragOverlay dropAnimation={null} zIndex={1000}>
          {dragged !== null && <span className="shelf-item in-hand">{kinds.get(dragged)?.title}</span>}
        </DragOverlay>
      </DndContext>
    </WorkshopContext>
  );
}
