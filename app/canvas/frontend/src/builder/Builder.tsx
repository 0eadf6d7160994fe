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
import { useEffect, useMemo, useRef, useState } from "react";
import "@xyflow/react/dist/base.css";

import { reveal } from "../viewport";
import { FullScreen } from "../FullScreen";
import type { Block, BuilderData, Design, Designed, Repair, Value } from "./data";
import "./builder.css";
import { WorkshopContext, type Workshop } from "./context";
import { add, join, MOST, repair, set } from "./design";
import { Drawing } from "./Drawing";
import { former, keep } from "./former";
import { membersOf, setFrame, ungroup } from "./groups";
import { fold, squeezeIn } from "./places";
import { Said, useSaid } from "./Said";
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
  const { said, say, whisper } = useSaid();
  const root = useRef<HTMLDivElement>(null);
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
        edit((now) => setFrame(now, id, changes), `${id}.${Object.keys(changes).join()}`),
      fold: (id: string, folded: boolean) => {
        edit((now) => fold(now, id, folded, ({ kind }: Block) => sizeOf(kinds.get(kind))));
        setChosen(new Set());
      },
      choose: (id: string) => setChosen(new Set(membersOf(design, id).map((block) => block.id))),
      ungroup: (id: string) => edit((now) => ungroup(now, id)),
      repair: (repairs: readonly Repair[]) =>
        edit((now) =>
          repair(now, repairs, kinds, (changed, id) =>
            squeezeIn(changed, id, ({ kind }: Block) => sizeOf(kinds.get(kind))),
          ),
        ),
    }),
    [kinds, data.status, data.judged, model.number, design, edit],
  );

  // What the reader made in this tab, when it is not what stands here: after a reload, or another model was opened.
  const [before, setBefore] = useState<Design | null>(null);
  const drawn = useRef(false);
  useEffect(() => {
    setBefore(former(drawn.current ? data.design : model.design, kinds));
    drawn.current = true;
  }, [data.revision]);
  useEffect(() => {
    if (model.canUndo) keep(design);
  }, [design, model.canUndo]);
  const bringBack = (): void => {
    if (before) edit(() => before);
    setBefore(null);
    root.current?.querySelector<HTMLElement>(".drawing")?.focus({ preventScroll: true });
    setTimeout(() => void flow.fitView({ maxZoom: 1, padding: 0.1 }), 60);
  };

  const full = (more = 1): boolean => {
    if (design.blocks.length + more <= MOST) return false;
    say(`A design holds at most ${MOST} blocks; take some away first.`);
    return true;
  };

  /** Behind the chosen block and joined to it; without one, behind the last. */
  const addBehind = (name: string): void => {
    const kind = kinds.get(name);
    if (!kind || full()) return;
    const anchor = design.blocks.find(({ id }) => chosen.has(id)) ?? design.blocks.at(-1);
    const size = sizeOf(anchor && kinds.get(anchor.kind));
    const at = anchor ? { x: anchor.x + size.width + GAP, y: anchor.y } : { x: 40, y: 60 };
    while (design.blocks.some(({ x, y }) => Math.abs(x - at.x) < 40 && Math.abs(y - at.y) < 40)) at.y += 160;
    const added = add(design, kind, at);
    edit(() => (anchor ? join(added.design, anchor.id, added.id, kinds) : added.design));
    setChosen(new Set([added.id]));
    void flow.setViewport(reveal(flow.getViewport(), { ...at, ...sizeOf(kind) }, store.getState()));
    whisper(anchor ? `${kind.title} added behind ${anchor.id}.` : `${kind.title} added.`);
  };

  const drop = ({ active, over, activatorEvent, delta }: DragEndEvent): void => {
    const kind = kinds.get((active.data.current as { kind: string }).kind);
    setDragged(null);
    if (!kind || over?.id !== "drawing" || full()) return;
    const start =
      "touches" in activatorEvent ? (activatorEvent as TouchEvent).touches[0] : (activatorEvent as MouseEvent);
    if (!start) return;
    const at = flow.screenToFlowPosition({ x: start.clientX + delta.x - 40, y: start.clientY + delta.y - 15 });
    const added = add(design, kind, { x: Math.round(at.x), y: Math.round(at.y) });
    edit(() => added.design);
    setChosen(new Set([added.id]));
    whisper(`${kind.title} added.`);
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
        <div className="builder" style={{ height: data.height }} ref={root}>
          <Shelf groups={groups} onAdd={addBehind} />
          <Drawing
            model={model}
            kinds={kinds}
            chosen={chosen}
            onChosen={setChosen}
            say={say}
            full={full}
            more={<FullScreen of={root} />}
          />
          {before && (
            <p className="before">
              {before.blocks.length} blocks stood here before.
              <button type="button" data-testid="bring-back" onClick={bringBack}>
                Bring them back
              </button>
              <button type="button" aria-label="Leave them" title="Leave them" onClick={() => setBefore(null)}>
                ×
              </button>
            </p>
          )}
          <Said said={said} />
          <DragOverlay dropAnimation={null} zIndex={1000}>
            {dragged !== null && <span className="shelf-item in-hand">{kinds.get(dragged)?.title}</span>}
          </DragOverlay>
        </div>
      </DndContext>
    </WorkshopContext>
  );
}
