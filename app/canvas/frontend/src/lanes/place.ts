// Which place a pointer is over. Rectangles are in window coordinates.

import type { Place } from "./lanes";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface LaneBoxes {
  readonly name: string;
  readonly box: Box;
  /** The chips that lie there, without the one that is dragged. */
  readonly chips: readonly Box[];
}

export const contains = (box: Box, { x, y }: Point): boolean =>
  x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;

/** Whether a chip is read before the point: in a row above, or in the same row with its middle left of it. */
const isBefore = (chip: Box, { x, y }: Point): boolean =>
  chip.bottom < y || (chip.top <= y && (chip.left + chip.right) / 2 < x);

export function placeAt(point: Point, lanes: readonly LaneBoxes[]): Place | null {
  const lane = lanes.find(({ box }) => contains(box, point));
  return lane ? { lane: lane.name, index: lane.chips.filter((chip) => isBefore(chip, point)).length } : null;
}
