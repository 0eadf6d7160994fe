// Groups: frames around blocks, which fold into one card; one with `times` above 1 stands for so many copies.
import type { Block, Design, Frame, Wire } from "./data";
import { type At, freeGroup, move } from "./design";
import type { Size } from "../viewport";

export const CARD: Size = { width: 196, height: 118 };
/** Between a frame and its blocks. */
export const PADDING = 18;
/** The line with the title of a frame. */
export const HEAD = 34;

export const framesOf = (design: Design): readonly Frame[] => design.groups ?? [];

export const membersOf = (design: Design, group: string): readonly Block[] =>
  design.blocks.filter((block) => block.group === group);

/** The folded group that a block is hidden in, or the block itself. */
export function unitOf(design: Design): (id: string) => string {
  const folded = new Set(
    framesOf(design)
      .filter((frame) => frame.folded)
      .map(({ id }) => id),
  );
  const groups = new Map(design.blocks.map(({ id, group }) => [id, group]));
  return (id) => {
    const group = groups.get(id);
    return group && folded.has(group) ? group : id;
  };
}

/** Where a group's card stands: at the upper left of its blocks. */
export function cornerOf(design: Design, group: string): At {
  const members = membersOf(design, group);
  return { x: Math.min(...members.map(({ x }) => x)), y: Math.min(...members.map(({ y }) => y)) };
}

/** The frame around an open group. */
export function frameBox(design: Design, group: string, sizeOf: (block: Block) => Size): At & Size {
  const members = membersOf(design, group);
  const { x, y } = cornerOf(design, group);
  const right = Math.max(...members.map((block) => block.x + sizeOf(block).width));
  const bottom = Math.max(...members.map((block) => block.y + sizeOf(block).height));
  return {
    x: x - PADDING,
    y: y - PADDING - HEAD,
    width: right - x + 2 * PADDING,
    height: bottom - y + 2 * PADDING + HEAD,
  };
}

/** The lines that can be seen, each between two units; lines inside a folded group are not, parallel ones are one. */
export function shownWires(design: Design): readonly { wire: Wire; source: string; target: string }[] {
  const unit = unitOf(design);
  const seen = new Set<string>();
  return design.wires.flatMap((wire) => {
    const [source, target] = [unit(wire.source), unit(wire.target)];
    const key = target === wire.target ? `${source}>${target}:${wire.input}` : `${source}>${target}`;
    if (source === target || seen.has(key)) return [];
    seen.add(key);
    return [{ wire, source, target }];
  });
}

/** A new group of these blocks, which leave the groups that they were in. One block or more. */
export function group(design: Design, ids: ReadonlySet<string>): { design: Design; id: string } | null {
  const chosen = design.blocks.filter((block) => ids.has(block.id));
  if (chosen.length === 0) return null;
  const id = freeGroup(design);
  const frame: Frame = { id, title: id.replace("group", "Group "), times: 1, folded: false };
  const blocks = design.blocks.map((block) => (ids.has(block.id) ? { ...block, group: id } : block));
  return { design: swept({ ...design, blocks, groups: [...framesOf(design), frame] }), id };
}

export function ungroup(design: Design, id: string): Design {
  const blocks = design.blocks.map((block) => (block.group === id ? { ...block, group: null } : block));
  return { ...design, blocks, groups: framesOf(design).filter((frame) => frame.id !== id) };
}

export function setFrame(design: Design, id: string, changes: Partial<Frame>): Design {
  const groups = framesOf(design).map((frame) => (frame.id === id ? { ...frame, ...changes } : frame));
  return { ...design, groups };
}

/** Without groups that hold nothing. */
export function swept(design: Design): Design {
  const used = new Set(design.blocks.map((block) => block.group));
  const groups = framesOf(design).filter(({ id }) => used.has(id));
  return groups.length === framesOf(design).length ? design : { ...design, groups };
}

/** The upper left corner of a folded group's card or of an open group's frame. */
export function placeOf(design: Design, { id, folded }: Frame): At {
  const { x, y } = cornerOf(design, id);
  return folded ? { x, y } : { x: x - PADDING, y: y - PADDING - HEAD };
}

/** Move blocks, and groups with all that is in them: to where their upper left corners shall be. */
export function moveUnits(design: Design, places: ReadonlyMap<string, At>): Design {
  const all = new Map<string, At>();
  for (const [id, to] of places) {
    const frame = framesOf(design).find((one) => one.id === id);
    if (!frame) {
      all.set(id, to);
      continue;
    }
    const from = placeOf(design, frame);
    for (const { id: member, x, y } of membersOf(design, id))
      all.set(member, { x: x + to.x - from.x, y: y + to.y - from.y });
  }
  return move(design, all);
}
