// Edits of a design, as values: every function gives a new design or the same one.
import type { Block, Design, Frame, KindData, Repair, Value, Wire } from "./data";

export type Kinds = ReadonlyMap<string, KindData>;

export interface At {
  readonly x: number;
  readonly y: number;
}

export const EMPTY: Design = { blocks: [], wires: [] };

/** Blocks that one design may have; the twin of `LARGEST` in `app/canvas/builder.py`. */
export const MOST = 1000;

export function newId(design: Design, kind: string): string {
  const taken = new Set(design.blocks.map(({ id }) => id));
  const stem = kind.toLowerCase();
  let number = 1;
  while (taken.has(`${stem}${number}`)) number += 1;
  return `${stem}${number}`;
}

export function defaults({ parameters }: KindData): Record<string, Value> {
  return Object.fromEntries(Object.entries(parameters).map(([name, schema]) => [name, schema.default ?? null]));
}

export function add(
  design: Design,
  kind: KindData,
  at: At,
  parameters: Record<string, Value> = {},
): { design: Design; id: string } {
  const id = newId(design, kind.kind);
  const block: Block = { id, kind: kind.kind, x: at.x, y: at.y, parameters: { ...defaults(kind), ...parameters } };
  return { design: { ...design, blocks: [...design.blocks, block] }, id };
}

export function remove(design: Design, ids: ReadonlySet<string>): Design {
  const blocks = design.blocks.filter(({ id }) => !ids.has(id));
  const used = new Set(blocks.map(({ group }) => group));
  return {
    ...design,
    blocks,
    ...(design.groups && { groups: design.groups.filter(({ id }) => used.has(id)) }),
    wires: design.wires.filter(({ source, target }) => !ids.has(source) && !ids.has(target)),
  };
}

export function unwire(design: Design, wire: Wire): Design {
  return { ...design, wires: design.wires.filter((other) => !same(other, wire)) };
}

export function move(design: Design, places: ReadonlyMap<string, At>): Design {
  return { ...design, blocks: design.blocks.map((block) => ({ ...block, ...places.get(block.id) })) };
}

export function set(design: Design, id: string, parameters: Record<string, Value>): Design {
  return {
    ...design,
    blocks: design.blocks.map((block) =>
      block.id === id ? { ...block, parameters: { ...block.parameters, ...parameters } } : block,
    ),
  };
}

export const same = (a: Wire, b: Wire): boolean =>
  a.source === b.source && a.target === b.target && a.input === b.input;

/** Whether a line leads from one block to the other. */
export function leads(design: Design, from: string, to: string): boolean {
  const seen = new Set([from]);
  const queue = [from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (id === to) return true;
    for (const { source, target } of design.wires)
      if (source === id && !seen.has(target)) {
        seen.add(target);
        queue.push(target);
      }
  }
  return false;
}

/** Why two blocks cannot be joined; null when they can. */
export function refusal(design: Design, wire: Wire, kinds: Kinds): string | null {
  const kindOf = (id: string): KindData | undefined =>
    kinds.get(design.blocks.find((block) => block.id === id)?.kind ?? "");
  const [source, target] = [kindOf(wire.source), kindOf(wire.target)];
  if (!source || !target) return "One of the blocks is gone.";
  if (!source.output) return `Nothing comes out of ${source.title}.`;
  if (!target.inputs.includes(wire.input)) return `${target.title} has no input "${wire.input}".`;
  if (leads(design, wire.target, wire.source))
    return `That would be a cycle: ${wire.target} already leads to ${wire.source}.`;
  return null;
}

const takesMany = (kind: KindData, input: string): boolean => kind.many && input === kind.inputs.at(-1);

/** Join two blocks. An input that takes one line gives up its old one. A refused wire changes nothing. */
export function connect(design: Design, wire: Wire, kinds: Kinds): Design {
  if (refusal(design, wire, kinds) !== null || design.wires.some((other) => same(other, wire))) return design;
  const target = design.blocks.find(({ id }) => id === wire.target);
  const kind = target && kinds.get(target.kind);
  const kept =
    kind && takesMany(kind, wire.input)
      ? design.wires
      : design.wires.filter((other) => other.target !== wire.target || other.input !== wire.input);
  return { ...design, wires: [...kept, wire] };
}

/** The first input of a block that a line can still go to. */
export function freeInput(design: Design, id: string, kinds: Kinds): string | null {
  const kind = kinds.get(design.blocks.find((block) => block.id === id)?.kind ?? "");
  const taken = new Set(design.wires.filter(({ target }) => target === id).map(({ input }) => input));
  return kind?.inputs.find((input) => !taken.has(input) || takesMany(kind, input)) ?? null;
}

/** Join two blocks at the first free input. */
export function join(design: Design, source: string, target: string, kinds: Kinds): Design {
  const input = freeInput(design, target, kinds);
  return input === null ? design : connect(design, { source, target, input }, kinds);
}

/** The chosen blocks with the lines among them, and the groups that were chosen as a whole. */
export function copy(design: Design, ids: ReadonlySet<string>): Design {
  const broken = new Set(design.blocks.filter(({ id }) => !ids.has(id)).map(({ group }) => group));
  const blocks = design.blocks
    .filter(({ id }) => ids.has(id))
    .map((block) => (broken.has(block.group) ? { ...block, group: null } : block));
  const used = new Set(blocks.map(({ group }) => group));
  return {
    blocks,
    wires: design.wires.filter(({ source, target }) => ids.has(source) && ids.has(target)),
    groups: (design.groups ?? []).filter(({ id }) => used.has(id)),
  };
}

/** Blocks and groups get names that are free here. */
export function paste(design: Design, clip: Design, by: At): { design: Design; ids: string[] } {
  let blocks = design.blocks;
  const frames = new Map<string, Frame>();
  for (const frame of clip.groups ?? [])
    frames.set(frame.id, {
      ...frame,
      id: freeGroup(
        design,
        [...frames.values()].map(({ id }) => id),
      ),
    });
  const names = new Map<string, string>();
  for (const block of clip.blocks) {
    const id = newId({ blocks, wires: [] }, block.kind);
    names.set(block.id, id);
    const group = frames.get(block.group ?? "")?.id ?? null;
    blocks = [...blocks, { ...block, id, group, x: block.x + by.x, y: block.y + by.y }];
  }
  const wires = clip.wires.map((wire) => ({
    ...wire,
    source: names.get(wire.source)!,
    target: names.get(wire.target)!,
  }));
  const groups = [...(design.groups ?? []), ...frames.values()];
  return {
    design: { blocks, wires: [...design.wires, ...wires], ...(groups.length > 0 && { groups }) },
    ids: [...names.values()],
  };
}

/** The first name of a group that neither a group nor a block has. */
export function freeGroup(design: Design, more: readonly string[] = []): string {
  const taken = new Set([...(design.groups ?? []).map(({ id }) => id), ...design.blocks.map(({ id }) => id), ...more]);
  let number = 1;
  while (taken.has(`group${number}`)) number += 1;
  return `group${number}`;
}

/** What a fix does, as one edit. A repair of something that is gone is left out. `settle` finds a new block's place. */
export function repair(
  design: Design,
  repairs: readonly Repair[],
  kinds: Kinds,
  settle: (design: Design, id: string) => Design = (now) => now,
): Design {
  return repairs.reduce((now, one) => {
    if ("set" in one) return set(now, one.set, one.parameters);
    const kind = kinds.get(one.insert);
    const source = now.blocks.find(({ id }) => id === one.into.source);
    const target = now.blocks.find(({ id }) => id === one.into.target);
    const input = kind?.inputs[0];
    if (!kind || !source || !target || input === undefined || !now.wires.some((wire) => same(wire, one.into)))
      return now;
    const added = add(
      unwire(now, one.into),
      kind,
      { x: (source.x + target.x) / 2, y: (source.y + target.y) / 2 },
      one.parameters,
    );
    // A block that is put between two of a group belongs to it.
    const group = source.group && source.group === target.group ? source.group : null;
    added.design.blocks = added.design.blocks.map((block) => (block.id === added.id ? { ...block, group } : block));
    const before = connect(added.design, { source: one.into.source, target: added.id, input }, kinds);
    return settle(connect(before, { ...one.into, source: added.id }, kinds), added.id);
  }, design);
}
