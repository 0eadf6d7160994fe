// What keeps the keyboard with the canvas: the focus, and the system's clipboard.
import { type FocusEvent, useEffect, useRef } from "react";

export const inField = (target: EventTarget): boolean =>
  target instanceof Element && target.closest("input, select") !== null;

/** The keys go on counting when what had the focus is gone: a deleted block, the button of a fix. */
export function useFocus(element: { readonly current: HTMLElement | null }, moments: readonly unknown[]) {
  const within = useRef(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      const lost = document.activeElement === null || document.activeElement === document.body;
      if (within.current && lost) element.current?.focus({ preventScroll: true });
    }, 30);
    return () => clearTimeout(timer);
  }, moments);
  return {
    onFocus: () => {
      within.current = true;
    },
    onBlur: ({ target, relatedTarget, currentTarget }: FocusEvent) => {
      // An element that is taken away loses the focus to nobody; that is not the reader's doing.
      if (relatedTarget !== null || target === currentTarget) within.current = currentTarget.contains(relatedTarget);
    },
    onPointerDown: () => {
      within.current = true;
    },
  };
}

/** Copy, cut and paste while the canvas has the focus: the browser itself sends them to where text was chosen last. */
export function useClipboard(element: { readonly current: HTMLElement | null }, hear: (event: ClipboardEvent) => void) {
  const latest = useRef(hear);
  latest.current = hear;
  useEffect(() => {
    const listen = (event: ClipboardEvent): void => {
      const focused = (element.current?.getRootNode() as Document | ShadowRoot | undefined)?.activeElement ?? null;
      if (focused && element.current?.contains(focused) && !inField(focused)) latest.current(event);
    };
    const kinds = ["copy", "cut", "paste"] as const;
    for (const kind of kinds) document.addEventListener(kind, listen);
    return () => {
      for (const kind of kinds) document.removeEventListener(kind, listen);
    };
  }, [element]);
}
