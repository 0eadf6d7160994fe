// The design with its history; every edit goes through `edit`, which also tells Python.
import { useCallback, useEffect, useRef, useState } from "react";

import type { BuilderData, Design, Designed } from "./data";
import { begin, type History, record, redo, undo } from "./history";

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

export function useDesign(data: BuilderData, onChange: (designed: Designed) => void): DesignModel {
  const [history, setHistory] = useState(() => begin(data.design));
  const latest = useRef({ history, number: data.judged, revision: data.revision, onChange, design: data.design });
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
  }, [data.revision]);

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
