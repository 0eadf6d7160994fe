// The design with its history; every edit goes through `edit`, which also tells Python.
import { useCallback, useEffect, useRef, useState } from "react";

import type { BuilderData, Design, Designed } from "./data";
import { begin, type History, type Kept, record, redo, resumed, undo } from "./history";

const SOON = 40; // milliseconds: a drop and the join that goes with it travel together
const TYPING = 250;

export interface DesignModel {
  design: Design;
  /** Number of the newest edit. */
  number: number;
  canUndo: boolean;
  canRedo: boolean;
  /** Edits with the same name in a row are one step back. */
  edit: (change: (design: Design) => Design, name?: string) => void;
  undo: () => void;
  redo: () => void;
}

/** What outlives the component: Streamlit takes it away and puts it back when its place in the page changes. */
let kept: Kept | null = null;

export function useDesign(data: BuilderData, onChange: (designed: Designed) => void): DesignModel {
  const [first] = useState(() => resumed(kept, data));
  const [history, setHistory] = useState(first.history);
  const latest = useRef({ ...first, onChange, design: data.design });
  latest.current.onChange = onChange;
  latest.current.design = data.design;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const apply = useCallback((next: History, delay: number) => {
    const now = latest.current;
    if (next === now.history) return;
    const changed = next.now !== now.history.now;
    now.history = next;
    setHistory(next);
    if (!changed) return;
    now.number += 1;
    kept = { history: next, number: now.number, revision: now.revision };
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { revision, number, history: told } = latest.current;
      latest.current.onChange({ ...told.now, revision, edit: number });
    }, delay);
  }, []);

  useEffect(() => {
    const now = latest.current;
    if (now.revision === data.revision) return;
    clearTimeout(timer.current);
    latest.current = { ...now, revision: data.revision, number: data.judged, history: begin(now.design) };
    setHistory(latest.current.history);
    kept = null;
  }, [data.revision]);

  // Whoever judges must hear of edits that were on their way when the component was taken away.
  useEffect(() => {
    const { number, revision, history: told } = latest.current;
    if (number > data.judged) latest.current.onChange({ ...told.now, revision, edit: number });
  }, []);

  const edit = useCallback(
    (change: (design: Design) => Design, name?: string) => {
      const now = latest.current.history;
      apply(record(now, change(now.now), name ?? null), name === undefined ? SOON : TYPING);
    },
    [apply],
  );
  return {
    design: history.now,
    number: latest.current.number,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    edit,
    undo: useCallback(() => apply(undo(latest.current.history), SOON), [apply]),
    redo: useCallback(() => apply(redo(latest.current.history), SOON), [apply]),
  };
}
