// Edits of a design, as values: every function gives a new design or the same one.
import type { Block, Design, KindData, Repair, Value, Wire } from "./data";

export type Kinds = ReadonlyMap<string, KindData>;

export interface At {
  readonly x: number;
  readonly y: number;
}

export const EMPTY: Design = { blocks: [], wires: [] };

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

/** The chosen blocks with the lines among them. */
export function copy(design: Design, ids: ReadonlySet<string>): Design {
  return {
    blocks: design.blocks.filter(({ id }) => ids.has(id)),
    wires: design.wires.filter(({ source, target }) => ids.has(source) && ids.has(target)),
  };
}

export function paste(design: Design, clip: Design, by: At): { design: Design; ids: string[] } {
  let blocks = design.blocks;
  const names = new Map<string, string>();
  for (const block of clip.blocks) {
    const id = newId({ blocks, wires: [] }, block.kind);
    names.set(block.id, id);
    blocks = [...blocks, { ...block, id, group: null, x: block.x + by.x, y: block.y + by.y }];
  }
  const wires = clip.wires.map((wire) => ({
    ...wire,
    source: names.get(wire.source)!,
    target: names.get(wire.target)!,
  }));
  return { design: { ...design, blocks, wires: [...design.wires, ...wires] }, ids: [...names.values()] };
}

/** What a fix does, as one edit. A repair of something that is gone is left out. */
export function repair(design: Design, repairs: readonly Repair[], kinds: Kinds): Design {
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
    return connect(before, { ...one.into, source: added.id }, kinds);
  }, design);
}
