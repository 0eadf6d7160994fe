// Tweaks are dragged from the palette onto the lanes of the arms: by mouse, by touch, by keyboard or from a menu.
import {
  DndContext,
  type DragMoveEvent,
  DragOverlay,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { type FocusEvent, type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";

import { ChipMenu, type MenuRequest } from "./ChipMenu";
import type { LanesData, Placed } from "./data";
import { Hint } from "./Hint";
import { keyOnChip, keyWhileGrabbed } from "./keys";
import { LaneRow } from "./LaneRow";
import "./lanes.css";
import { shown } from "./state";
import { aimAt } from "./aim";
import { Palette } from "./Palette";
import { useLanes } from "./useLanes";

export interface ChipRef {
  tweak: string;
  /** Null in the palette. */
  id: string | null;
}

export interface ChipHandlers {
  onKey: (event: KeyboardEvent, chip: ChipRef) => void;
  onMenu: (anchor: HTMLElement, chip: ChipRef) => void;
  onPoint: (tweak: string | null) => void;
  onRemove: (id: string) => void;
}

// The library would announce in words of its own; ours are in announce.ts.
const SILENT = {
  onDragStart: () => undefined,
  onDragOver: () => undefined,
  onDragEnd: () => undefined,
  onDragCancel: () => undefined,
};

export function Lanes({ data, onChange }: { data: LanesData; onChange: (placed: Placed) => void }) {
  const { state, said, act, say } = useLanes(data, onChange);
  const [pointed, setPointed] = useState<string | null>(null);
  const [menu, setMenu] = useState<MenuRequest | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 150, tolerance: 8 } }),
  );
  const lanes = shown(state);
  const names = data.lanes.map(({ name }) => name);
  const tweaks = new Map(data.palette.map((tweak) => [tweak.slug, tweak]));
  const { grabbed } = state;

  const focusChip = (chip: ChipRef) => {
    const part = (name: string, value: string) =>
      root.current?.querySelector<HTMLElement>(`[data-${name}="${CSS.escape(value)}"]`);
    ((chip.id !== null && part("chip", chip.id)) || part("tweak", chip.tweak))?.focus();
  };

  // A chip that changes lanes is drawn anew there: the focus follows it, after the drop too.
  const followed = useRef<ChipRef | null>(null);
  useLayoutEffect(() => {
    if (grabbed?.by === "keyboard") followed.current = { tweak: grabbed.chip.tweak, id: grabbed.chip.id };
    if (followed.current) focusChip(followed.current);
    if (!grabbed) followed.current = null;
  }, [grabbed]);

  const remove = (id: string, tweak: string) => {
    act({ type: "remove", id });
    followed.current = { tweak, id: null };
    requestAnimationFrame(() => focusChip({ tweak, id: null }));
  };

  const handlers: ChipHandlers = {
    onKey: (event, chip) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.stopPropagation(); // Streamlit has one-letter keys of its own
      const inHand = grabbed?.by === "keyboard";
      const action = inHand ? keyWhileGrabbed(event.key) : keyOnChip(event.key, chip.tweak, chip.id, names);
      if (!action) return;
      if (event.key !== "Tab") event.preventDefault();
      const reason = data.locked ?? (chip.id === null ? tweaks.get(chip.tweak)?.reason : null);
      if (reason) say(reason);
      else if (action.type === "remove") remove(action.id, chip.tweak);
      else act(action);
    },
    onMenu: (anchor, chip) => {
      const reason = data.locked ?? (chip.id === null ? tweaks.get(chip.tweak)?.reason : null);
      if (reason) say(reason);
      else setMenu({ anchor, chip });
    },
    onPoint: setPointed,
    onRemove: (id) => {
      const chip = lanes.flatMap((lane) => lane.chips).find((other) => other.id === id);
      if (chip) remove(id, chip.tweak);
    },
  };

  const aim = ({ activatorEvent, delta }: Pick<DragMoveEvent, "activatorEvent" | "delta">) => {
    if (grabbed && root.current) act({ type: "aim", to: aimAt(root.current, grabbed, activatorEvent, delta) });
  };
  const inHand = grabbed?.by === "pointer" ? tweaks.get(grabbed.chip.tweak) : undefined;
  const leave = (event: FocusEvent) => {
    if (!root.current?.contains(event.relatedTarget)) setPointed(null);
  };

  return (
    <DndContext
      sensors={sensors}
      accessibility={{ announcements: SILENT, restoreFocus: false }}
      onDragStart={({ active }) => {
        const { tweak, id } = active.data.current as ChipRef;
        act({ type: "grab", tweak, id, by: "pointer" });
      }}
      onDragMove={aim}
      onDragEnd={() => act({ type: "drop" })}
      onDragCancel={() => act({ type: "cancel" })}
    >
      <div className={`lanes${data.locked ? " locked" : ""}${inHand ? " dragging" : ""}`} ref={root} onBlur={leave}>
        <Palette
          tweaks={data.palette}
          locked={data.locked !== null}
          aimed={grabbed !== null && grabbed.from !== null && grabbed.to === null}
          handlers={handlers}
        />
        <Hint tweak={pointed === null ? undefined : tweaks.get(pointed)} locked={data.locked} lanes={names} />
        <div className="rows">
          {lanes.map((lane, number) => (
            <LaneRow
              key={lane.name}
              lane={lane}
              number={number}
              problem={data.lanes[number]?.problem ?? null}
              tweaks={tweaks}
              grabbed={grabbed}
              locked={data.locked !== null}
              handlers={handlers}
            />
          ))}
        </div>
        <div className="unseen" role="status" aria-live="assertive">
          {said}
        </div>
      </div>
      <DragOverlay dropAnimation={null} zIndex={1000}>
        {inHand && <span className="chip in-hand">{inHand.title}</span>}
      </DragOverlay>
      {menu && <ChipMenu request={menu} lanes={lanes} act={act} remove={remove} onClose={() => setMenu(null)} />}
    </DndContext>
  );
}
