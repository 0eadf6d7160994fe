// What the keys mean on a chip.
import type { Arrow } from "./lanes";
import type { Action } from "./state";

const ARROWS: Record<string, Arrow> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

/** With a chip in hand. Null: the key means nothing. */
export function keyWhileGrabbed(key: string): Action | null {
  const arrow = ARROWS[key];
  if (arrow) return { type: "step", arrow };
  if (key === " " || key === "Enter") return { type: "drop" };
  if (key === "Escape" || key === "Tab") return { type: "cancel" };
  return null;
}

/** On a focused chip; `id` is null in the palette. Null: the key means nothing. */
export function keyOnChip(key: string, tweak: string, id: string | null, lanes: readonly string[]): Action | null {
  if (key === " " || key === "Enter") return { type: "grab", tweak, id, by: "keyboard" };
  if ((key === "Delete" || key === "Backspace") && id !== null) return { type: "remove", id };
  const lane = lanes.find((name) => name.toLowerCase() === key.toLowerCase());
  return lane ? { type: "put", tweak, lane } : null;
}
