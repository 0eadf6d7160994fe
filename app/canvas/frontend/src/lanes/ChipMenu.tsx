// The way without dragging: a small menu on a clicked chip.
import { type KeyboardEvent, useLayoutEffect, useRef } from "react";

import { find, holds, type Lanes } from "./lanes";
import type { ChipRef } from "./Lanes";
import type { Action } from "./state";

export interface MenuRequest {
  anchor: HTMLElement;
  chip: ChipRef;
}

interface Item {
  label: string;
  run: () => void;
}

interface ChipMenuProps {
  request: MenuRequest;
  lanes: Lanes;
  act: (action: Action) => void;
  remove: (id: string, tweak: string) => void;
  onClose: () => void;
}

function items({ request: { chip }, lanes, act, remove }: ChipMenuProps): Item[] {
  const put = lanes
    .filter(({ name }) => !holds(lanes, name, chip.tweak))
    .map(({ name }): Item => ({
      label: chip.id === null ? `Put on ${name}` : `Put on ${name} too`,
      run: () => act({ type: "put", tweak: chip.tweak, lane: name }),
    }));
  const { id } = chip;
  if (id === null) {
    const off = lanes.flatMap((lane) =>
      lane.chips.filter(({ tweak }) => tweak === chip.tweak).map((other) => ({ lane, other })),
    );
    return [
      ...put,
      ...off.map(({ lane, other }): Item => ({
        label: `Take off ${lane.name}`,
        run: () => remove(other.id, chip.tweak),
      })),
    ];
  }
  const at = find(lanes, id);
  const length = lanes.find(({ name }) => name === at?.lane)?.chips.length ?? 0;
  const shift: Item[] = [];
  if (at && at.index > 0) shift.push({ label: "Apply earlier", run: () => act({ type: "shift", id, by: -1 }) });
  if (at && at.index < length - 1) shift.push({ label: "Apply later", run: () => act({ type: "shift", id, by: 1 }) });
  return [...put, ...shift, { label: `Take off ${at?.lane ?? ""}`, run: () => remove(id, chip.tweak) }];
}

export function ChipMenu(props: ChipMenuProps) {
  const { request, onClose } = props;
  const menu = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const element = menu.current;
    if (!element) return;
    element.showPopover();
    const anchor = request.anchor.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const below = anchor.bottom + 4 + height <= window.innerHeight;
    element.style.left = `${Math.max(8, Math.min(anchor.left, window.innerWidth - width - 8))}px`;
    element.style.top = `${below ? anchor.bottom + 4 : Math.max(8, anchor.top - 4 - height)}px`;
    element.querySelector<HTMLElement>("button")?.focus();
  }, [request]);

  const move = (event: KeyboardEvent) => {
    event.stopPropagation();
    const buttons = [...(menu.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const here = buttons.findIndex((button) => button === event.target);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    buttons.at(next % buttons.length)?.focus();
  };

  return (
    <div
      ref={menu}
      popover="auto"
      role="menu"
      className="menu"
      data-testid="chip-menu"
      onKeyDown={move}
      onToggle={(event) => {
        if (event.newState === "closed") onClose();
      }}
    >
      {items(props).map(({ label, run }) => (
        <button
          key={label}
          type="button"
          role="menuitem"
          onClick={() => {
            request.anchor.focus();
            run();
            onClose();
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
