// Undo and redo.
import type { BuilderData, Design } from "./data";

export interface History {
  readonly past: readonly Design[];
  readonly now: Design;
  readonly future: readonly Design[];
  /** What the last edit was; edits with the same name in a row are one step. */
  readonly last: string | null;
}

const STEPS = 200;

export const begin = (now: Design): History => ({ past: [], now, future: [], last: null });

/** With a name, such as that of the parameter being typed, edits in a row count as one. */
export function record(history: History, now: Design, name: string | null = null): History {
  if (now === history.now) return history;
  if (name !== null && name === history.last) return { ...history, now, future: [] };
  return { past: [...history.past, history.now].slice(-STEPS), now, future: [], last: name };
}

export function undo({ past, now, future, ...rest }: History): History {
  const before = past.at(-1);
  return before
    ? { past: past.slice(0, -1), now: before, future: [now, ...future], last: null }
    : { past, now, future, ...rest };
}

export function redo({ past, now, future, ...rest }: History): History {
  const [next, ...later] = future;
  return next ? { past: [...past, now], now: next, future: later, last: null } : { past, now, future, ...rest };
}

/** A history with the design it belongs to, and how many edits are behind it. */
export interface Kept {
  readonly history: History;
  readonly number: number;
  readonly revision: string;
}

/** Where a canvas takes up its work: at what was kept of this design, unless Python knows of later edits. */
export function resumed(kept: Kept | null, { revision, judged, design }: BuilderData): Kept {
  return kept?.revision === revision && kept.number >= judged
    ? kept
    : { history: begin(design), number: judged, revision };
}
