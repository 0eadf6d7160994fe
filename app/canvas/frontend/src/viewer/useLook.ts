// Where the reader looks: one viewport for all panes, which keeps still when something opens.
import type { Viewport } from "@xyflow/react";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

import type { Placed } from "./layout";
import type { OpenModel } from "./useOpen";
import { fitAll, fitWidth, follow, reveal, type Size, zoomBy } from "../viewport";

export interface LookModel {
  view: Viewport;
  setView: (view: Viewport) => void;
  zoom: (factor: number) => void;
  fitWidth: () => void;
  fitAll: () => void;
  /** Before something opens or closes: keep this node in its place, or bring it into sight if it has none yet. */
  hold: (arm: string, id: string) => void;
  reveal: (placed: Placed) => void;
}

export function useLook(
  panes: RefObject<HTMLElement | null>,
  arms: number,
  { layouts, placedOf }: OpenModel,
): LookModel {
  const [view, setView] = useState<Viewport>({ x: 0, y: 0, zoom: 1 });
  const width = useRef(0);
  const held = useRef<{ arm: string; id: string; was: Placed | undefined } | null>(null);
  const size = (): Size => {
    const pane = panes.current?.querySelector(".react-flow");
    return { width: pane?.clientWidth || 600, height: pane?.clientHeight || 400 };
  };

  // As wide as the pane, until the reader looks elsewhere; from then on, when the pane gets another width, what was in its
  // middle stays there.
  const moved = useRef(false);
  const adjust = useRef<() => void>(() => undefined);
  adjust.current = () => {
    const before = width.current;
    width.current = size().width;
    if (before === 0 || (before !== width.current && !moved.current)) setView(fitWidth([...layouts.values()], size()));
    else if (before !== width.current) setView((old) => ({ ...old, x: old.x + (width.current - before) / 2 }));
  };
  useLayoutEffect(() => adjust.current(), [arms]);
  useEffect(() => {
    const observer = new ResizeObserver(() => adjust.current());
    if (panes.current) observer.observe(panes.current);
    return () => observer.disconnect();
  }, [panes]);

  useLayoutEffect(() => {
    const eye = held.current;
    held.current = null;
    const now = eye && placedOf(eye.arm, eye.id);
    if (eye && now) setView((old) => (eye.was ? follow(old, eye.was, now) : reveal(old, now, size())));
  }, [layouts]);

  const look = (change: (old: Viewport) => Viewport): void => {
    moved.current = true;
    setView(change);
  };
  return {
    view,
    setView: (to) => {
      // It is also told what it was set to.
      if (to.x !== view.x || to.y !== view.y || to.zoom !== view.zoom) look(() => to);
    },
    zoom: (factor) => look((old) => zoomBy(old, factor, size())),
    fitWidth: () => {
      moved.current = false;
      setView(fitWidth([...layouts.values()], size()));
    },
    fitAll: () => look(() => fitAll([...layouts.values()], size())),
    hold: (arm, id) => {
      moved.current = true;
      held.current = { arm, id, was: placedOf(arm, id) };
    },
    reveal: (placed) => look((old) => reveal(old, placed, size())),
  };
}
