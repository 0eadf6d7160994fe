// Blocks as text on the system's clipboard: they can be pasted into another tab, or kept in a file.
import type { Block, Design, Frame, KindData, Value, Wire } from "./data";
import { connect, defaults, EMPTY, type Kinds } from "./design";
import { fieldOf } from "./schema";

const MARK = "archviz";

export const toText = (clip: Design): string => JSON.stringify({ [MARK]: clip });

/** Null: this text holds no blocks. What this canvas does not know of them is left out. */
export function fromText(text: string, kinds: Kinds): Design | null {
  const told = parsed(text);
  if (told === null) return null;
  const blocks = new Map<string, Block>();
  const frames = new Map(
    listOf(told.groups)
      .flatMap((one) => frameOf(one))
      .map((frame) => [frame.id, frame]),
  );
  for (const one of listOf(told.blocks)) {
    const block = blockOf(one, kinds);
    if (block && !blocks.has(block.id))
      blocks.set(block.id, { ...block, group: block.group && frames.has(block.group) ? block.group : null });
  }
  if (blocks.size === 0) return null;
  const used = new Set([...blocks.values()].map(({ group }) => group));
  const loose: Design = { ...EMPTY, blocks: [...blocks.values()] };
  const joined = listOf(told.wires).reduce<Design>((now, one) => connect(now, wireOf(one), kinds), loose);
  return { ...joined, groups: [...frames.values()].filter(({ id }) => used.has(id)) };
}

type Told = Record<string, unknown>;

const isRecord = (one: unknown): one is Told => typeof one === "object" && one !== null && !Array.isArray(one);
const listOf = (told: unknown): Told[] => (Array.isArray(told) ? told.filter(isRecord) : []);

function parsed(text: string): Told | null {
  try {
    const told: unknown = JSON.parse(text);
    return isRecord(told) && isRecord(told[MARK]) ? told[MARK] : null;
  } catch {
    return null;
  }
}

function blockOf({ id, kind: name, x, y, parameters, group }: Told, kinds: Kinds): Block | null {
  const kind = typeof name === "string" ? kinds.get(name) : undefined;
  if (!kind || typeof id !== "string" || !Number.isFinite(x) || !Number.isFinite(y)) return null;
  return {
    id,
    kind: kind.kind,
    x: x as number,
    y: y as number,
    parameters: { ...defaults(kind), ...valuesOf(kind, isRecord(parameters) ? parameters : {}) },
    group: typeof group === "string" ? group : null,
  };
}

/** Values that the fields of this kind take; parts that are not edited in fields are taken as they are. */
function valuesOf(kind: KindData, told: Told): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(told).flatMap(([name, value]): [string, Value][] => {
      const schema = kind.parameters[name];
      if (!schema || (value !== null && typeof value === "object")) return [];
      return fieldOf(schema)?.refuse(value as Value) ? [] : [[name, value as Value]];
    }),
  );
}

function frameOf({ id, title, times, folded }: Told): Frame[] {
  if (typeof id !== "string" || typeof title !== "string") return [];
  const copies = Number.isInteger(times) && (times as number) >= 1 && (times as number) <= 64 ? (times as number) : 1;
  return [{ id, title: title.slice(0, 60), times: copies, folded: folded === true }];
}

const wireOf = ({ source, target, input }: Told): Wire => ({
  source: String(source),
  target: String(target),
  input: String(input),
});
