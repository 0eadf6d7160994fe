// Chips on lanes, as values: nothing here knows about the screen.
import type { LaneData } from "./data";

/** One tweak on one lane. The same tweak may lie on several lanes, so a chip has an id of its own. */
export interface Chip {
  readonly id: string;
  readonly tweak: string;
}

export interface Lane {
  readonly name: string;
  readonly chips: readonly Chip[];
}

export type Lanes = readonly Lane[];

/** A position on a lane, counted without the chip that is to go there. */
export interface Place {
  readonly lane: string;
  readonly index: number;
}

export function newChip(lanes: Lanes, tweak: string): Chip {
  const taken = new Set(lanes.flatMap((lane) => lane.chips.map((chip) => chip.id)));
  let number = 1;
  while (taken.has(`${tweak}#${number}`)) number += 1;
  return { id: `${tweak}#${number}`, tweak };
}

export function fromData(data: readonly LaneData[]): Lanes {
  let lanes: Lanes = data.map((lane) => ({ name: lane.name, chips: [] }));
  for (const lane of data)
    for (const tweak of lane.tweaks)
      lanes = insert(lanes, newChip(lanes, tweak), { lane: lane.name, index: Number.POSITIVE_INFINITY });
  return lanes;
}

export function toData(lanes: Lanes): Record<string, string[]> {
  return Object.fromEntries(lanes.map((lane) => [lane.name, lane.chips.map((chip) => chip.tweak)]));
}

export function find(lanes: Lanes, id: string): Place | null {
  for (const lane of lanes) {
    const index = lane.chips.findIndex((chip) => chip.id === id);
    if (index >= 0) return { lane: lane.name, index };
  }
  return null;
}

export function remove(lanes: Lanes, id: string): Lanes {
  return lanes.map((lane) => ({ ...lane, chips: lane.chips.filter((chip) => chip.id !== id) }));
}

/** Put a chip in its place and take it from where it was. A lane holds a tweak once: an older chip of it gives way. */
export function insert(lanes: Lanes, chip: Chip, place: Place): Lanes {
  return remove(lanes, chip.id).map((lane) => {
    if (lane.name !== place.lane) return lane;
    const before = lane.chips.slice(0, place.index).filter((other) => other.tweak !== chip.tweak);
    const after = lane.chips.slice(place.index).filter((other) => other.tweak !== chip.tweak);
    return { ...lane, chips: [...before, chip, ...after] };
  });
}

export function holds(lanes: Lanes, name: string, tweak: string): boolean {
  return lanes.some((lane) => lane.name === name && lane.chips.some((chip) => chip.tweak === tweak));
}

export type Arrow = "up" | "down" | "left" | "right";

/**
 * Where a grabbed chip goes by an arrow key; null is the palette, which lies above the first lane.
 * Left and right walk through the positions of a lane and on into the next, up and down go from lane to lane.
 */
export function step(lanes: Lanes, chip: Chip, at: Place | null, arrow: Arrow): Place | null {
  const others = remove(lanes, chip.id);
  const here = at === null ? -1 : others.findIndex((lane) => lane.name === at.lane);
  const enter = (number: number, index: number): Place | null => {
    const lane = others[number];
    return lane ? { lane: lane.name, index: Math.min(index, lane.chips.length) } : at;
  };
  if (at === null) return arrow === "down" || arrow === "right" ? enter(0, Number.POSITIVE_INFINITY) : null;
  const length = others[here]?.chips.length ?? 0;
  switch (arrow) {
    case "up":
      return here === 0 ? null : enter(here - 1, at.index);
    case "down":
      return enter(here + 1, at.index);
    case "left":
      return at.index > 0 ? { ...at, index: at.index - 1 } : here > 0 ? enter(here - 1, Number.POSITIVE_INFINITY) : at;
    case "right":
      return at.index < length ? { ...at, index: at.index + 1 } : enter(here + 1, 0);
  }
}
