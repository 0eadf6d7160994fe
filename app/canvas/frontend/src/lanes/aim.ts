// From the pointer on the screen to the place where the chip in hand would go.
import type { Place } from "./lanes";
import { type Box, contains, type LaneBoxes, placeAt, type Point } from "./place";
import type { Grabbed } from "./state";

function pointer(activator: Event, delta: Point): Point | null {
  const at = "touches" in activator ? (activator as TouchEvent).touches[0] : (activator as MouseEvent);
  return at ? { x: at.clientX + delta.x, y: at.clientY + delta.y } : null;
}

/** Over the palette: null, off the lanes. Beside everything: back to where it came from. */
export function aimAt(root: HTMLElement, grabbed: Grabbed, activator: Event, delta: Point): Place | null {
  const point = pointer(activator, delta);
  if (!point) return grabbed.from;
  const lanes: LaneBoxes[] = [...root.querySelectorAll<HTMLElement>("[data-lane]")].map((lane) => ({
    name: lane.dataset.lane ?? "",
    box: lane.getBoundingClientRect(),
    chips: [...lane.querySelectorAll<HTMLElement>("[data-chip]")]
      .filter((chip) => chip.dataset.chip !== grabbed.chip.id)
      .map((chip): Box => chip.getBoundingClientRect()),
  }));
  const place = placeAt(point, lanes);
  if (place) return place;
  const palette = root.querySelector("[data-palette]")?.getBoundingClientRect();
  return palette && contains(palette, point) ? null : grabbed.from;
}
