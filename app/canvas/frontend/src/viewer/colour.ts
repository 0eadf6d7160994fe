// Magnitudes in colours: cividis, from dark blue to yellow, which reads alike with any colour vision.
import type { MeasureData } from "./data";
import type { Tree, TreeNode } from "./tree";

type Rgb = readonly [number, number, number];

const CIVIDIS: readonly Rgb[] = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
];

/** The colour of a share from 0 to 1, and black or white for the text on it. */
export function shade(share: number): { fill: string; text: string } {
  const at = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
  const low = CIVIDIS[Math.floor(at)] ?? CIVIDIS[0]!;
  const high = CIVIDIS[Math.ceil(at)] ?? low;
  const mixed = low.map((part, index) =>
    Math.round(part + ((high[index] ?? part) - part) * (at % 1)),
  ) as unknown as Rgb;
  const luminance = mixed
    .map((part) => (part / 255) ** 2.2)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index]!, 0);
  return { fill: `rgb(${mixed.join(" ")})`, text: luminance > 0.18 ? "#000" : "#fff" };
}

export const GRADIENT = `linear-gradient(to right, ${CIVIDIS.map((part) => `rgb(${part.join(" ")})`).join(", ")})`;

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly log: boolean;
  readonly note: string;
  /** Undefined: it has none of it, and stays without colour. */
  readonly of: (arm: string, node: TreeNode) => number | undefined;
}

export function measuresOf(given: readonly MeasureData[]): Measure[] {
  return [
    { name: "parameters", unit: "parameters", log: false, note: "", of: (_, node) => node.parameters || undefined },
    { name: "MACs", unit: "MACs", log: false, note: "", of: (_, node) => node.macs || undefined },
    ...given.map(({ name, unit, log, note, values }): Measure => ({
      name,
      unit,
      log,
      note,
      of: (arm, node) => values[arm]?.[node.id],
    })),
  ];
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly share: (value: number) => number;
}

/** One scale for all arms, over the nodes that are drawn as one. Null: there is nothing to colour. */
export function scaleOf(
  measure: Measure,
  trees: ReadonlyMap<string, Tree>,
  closed: (arm: string) => readonly string[],
): Scale | null {
  const values: number[] = [];
  for (const [arm, tree] of trees)
    for (const id of closed(arm)) {
      const node = tree.nodes.get(id);
      const value = node && measure.of(arm, node);
      if (value !== undefined && Number.isFinite(value) && (!measure.log || value > 0)) values.push(value);
    }
  if (values.length === 0) return null;
  const high = Math.max(...values);
  const low = measure.log ? Math.min(...values) : Math.min(0, ...values);
  const place = measure.log ? Math.log : (value: number) => value;
  const span = place(high) - place(low);
  return { low, high, share: (value) => (span > 0 ? (place(value) - place(low)) / span : 0) };
}
