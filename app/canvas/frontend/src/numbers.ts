// Numbers as they are shown: at most three significant digits, with their unit.
const STEPS: [number, string][] = [
  [1e12, " T"],
  [1e9, " G"],
  [1e6, " M"],
  [1e3, " k"],
];

export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size > 0 && size < 1e-3) return value.toExponential(1);
  const [step, unit] = STEPS.find(([from]) => size >= from * 0.9995) ?? [1, ""];
  return `${Number((value / step).toPrecision(3))}${unit}`;
}

/** `64×56×56`; a batch of one is not shown. */
export function shapeText(shape: readonly number[]): string {
  return (shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape).join("×");
}

/** With its unit: `129 kB`, `3.77 ms`, `148 k parameters`. */
export function inUnits(value: number, unit: string): string {
  const text = short(value);
  if (unit === "") return text;
  return unit.length <= 2 && /[a-zA-Z]$/.test(text) ? `${text}${unit}` : `${text} ${unit}`;
}
