// Where things stand: what opens, folds or is put between two makes room for itself, and nothing else moves.
import type { Box, Size } from "../viewport";
import type { Block, Design } from "./data";
import { type At, move } from "./design";
import { CARD, cornerOf, frameBox, framesOf, HEAD, membersOf, moveUnits, PADDING, setFrame } from "./groups";
import { inRows } from "./tidy";

export type SizeOf = (block: Block) => Size;

const ACROSS = 56;
const DOWN = 40;

/** What stands by itself: blocks, folded groups as cards, open groups with their frames. */
export function boxesOf(design: Design, sizeOf: SizeOf): Map<string, Box> {
  const boxes = new Map<string, Box>();
  for (const { id, folded } of framesOf(design))
    if (membersOf(design, id).length > 0)
      boxes.set(id, folded ? { ...cornerOf(design, id), ...CARD } : frameBox(design, id, sizeOf));
  for (const block of design.blocks)
    if (!block.group || !boxes.has(block.group)) boxes.set(block.id, { x: block.x, y: block.y, ...sizeOf(block) });
  return boxes;
}

const right = ({ x, width }: Box): number => x + width;
const bottom = ({ y, height }: Box): number => y + height;
const beside = (a: Box, b: Box): boolean => a.y < bottom(b) && bottom(a) > b.y;

/** One thing has become larger or smaller, with its upper left corner where it was: the rest gives way or closes up. */
function giveWay(design: Design, id: string, was: Box, sizeOf: SizeOf): Design {
  const boxes = boxesOf(design, sizeOf);
  const now = boxes.get(id);
  if (!now) return design;
  const others = [...boxes].filter(([other]) => other !== id);
  const below = others.filter(([, box]) => box.y >= bottom(was));
  const level = others.filter(([, box]) => beside(box, was) && box.x >= right(was) - 1);
  const rest = others.filter((one) => !below.includes(one));

  const nextLeft = Math.min(...level.map(([, { x }]) => x));
  const aside = between(now.width - was.width, right(now) + ACROSS - nextLeft);
  const nextTop = Math.min(...below.map(([, { y }]) => y));
  const lowest = Math.max(bottom(now), ...rest.map(([, box]) => bottom(box)));
  const down = between(now.height - was.height, lowest + DOWN - nextTop);

  const places = new Map<string, At>();
  for (const [other, { x, y }] of level) places.set(other, { x: x + aside, y });
  for (const [other, { x, y }] of below) places.set(other, { x, y: y + down });
  return moveUnits(design, places);
}

/** By as much as it grew, so that it closes up by the same; when it shrinks, not closer than `needed` says. */
const between = (grown: number, needed: number): number => (grown > 0 ? grown : Math.min(0, Math.max(grown, needed)));

const shifted = (design: Design, ids: ReadonlySet<string>, by: At): Design =>
  move(
    design,
    new Map(design.blocks.filter(({ id }) => ids.has(id)).map(({ id, x, y }) => [id, { x: x + by.x, y: y + by.y }])),
  );

/** Fold a group into its card, or show its blocks; card and frame have the same upper left corner. */
export function fold(design: Design, id: string, folded: boolean, sizeOf: SizeOf): Design {
  const was = boxesOf(design, sizeOf).get(id);
  const frame = framesOf(design).find((one) => one.id === id);
  if (!was || !frame || frame.folded === folded) return design;
  const members = membersOf(design, id);
  const ids = new Set(members.map((block) => block.id));
  let next = setFrame(design, id, { folded });
  if (!folded && strung(members)) next = inRows(next, ids, sizeOf);
  const sign = folded ? -1 : 1;
  const corner = cornerOf(next, id);
  const origin = folded ? corner : { x: was.x, y: was.y };
  const by = { x: origin.x - corner.x + sign * PADDING, y: origin.y - corner.y + sign * (PADDING + HEAD) };
  return giveWay(shifted(next, ids, by), id, was, sizeOf);
}

/** Whether blocks were only ever strung in one line, as they come from a file: then nobody has arranged them. */
const strung = (blocks: readonly Block[]): boolean => blocks.length > 2 && blocks.every(({ y }) => y === blocks[0]?.y);

/** A block that was put between two others stands behind the first, and pushes aside what it would lie on. */
export function squeezeIn(design: Design, id: string, sizeOf: SizeOf): Design {
  const block = design.blocks.find((one) => one.id === id);
  const source = design.blocks.find((one) => design.wires.some((wire) => wire.target === id && wire.source === one.id));
  if (!block || !source) return design;
  const group = block.group ?? null;
  const around = new Map([...boxesOf(design, sizeOf)].filter(([unit]) => unit !== id));
  const inside = new Map(
    membersOf(design, group ?? "").map((one) => [one.id, { x: one.x, y: one.y, ...sizeOf(one) }] as const),
  );
  const [neighbours, before] =
    group === null
      ? [around, around.get(source.id) ?? around.get(source.group ?? "")]
      : [inside, inside.get(source.id)];
  if (!before) return design;
  const own: Box = { x: right(before) + ACROSS, y: source.y, ...sizeOf(block) };
  const behind = [...neighbours].filter(
    ([unit, box]) => unit !== id && box !== before && box.x >= right(before) - 1 && beside(box, own),
  );
  const aside = Math.max(0, right(own) + ACROSS - Math.min(...behind.map(([, { x }]) => x)));
  const places = new Map<string, At>([[id, own]]);
  for (const [unit, { x, y }] of behind) places.set(unit, { x: x + aside, y });
  const was = group === null ? undefined : around.get(group);
  const put = moveUnits(design, new Map([...places].map(([unit, { x, y }]) => [unit, { x, y }])));
  return was && group !== null ? giveWay(put, group, was, sizeOf) : put;
}
