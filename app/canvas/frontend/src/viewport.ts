// Which part of a graph is seen.
import type { Viewport } from "@xyflow/react";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

export const MIN_ZOOM = 0.01;
export const MAX_ZOOM = 2;
const MARGIN = 12;
const LEGIBLE = 0.55;

const largest = (layouts: readonly Size[]): Size => ({
  width: Math.max(1, ...layouts.map(({ width }) => width)),
  height: Math.max(1, ...layouts.map(({ height }) => height)),
});

/** As wide as the pane (graphs are centred on x = 0), but not larger than life and not too small to read; from the top. */
export function fitWidth(layouts: readonly Size[], pane: Size): Viewport {
  const zoom = Math.min(1, Math.max(LEGIBLE, (pane.width - 2 * MARGIN) / largest(layouts).width));
  return { x: pane.width / 2, y: MARGIN, zoom };
}

export function fitAll(layouts: readonly Size[], pane: Size): Viewport {
  const { width, height } = largest(layouts);
  const zoom = Math.max(MIN_ZOOM, Math.min(1, (pane.width - 2 * MARGIN) / width, (pane.height - 2 * MARGIN) / height));
  return { x: pane.width / 2, y: Math.max(MARGIN, (pane.height - height * zoom) / 2), zoom };
}

/** Larger or smaller about the middle of the pane. */
export function zoomBy(view: Viewport, factor: number, pane: Size): Viewport {
  const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, view.zoom * factor));
  const scale = zoom / view.zoom;
  const [x, y] = [pane.width / 2, pane.height / 2];
  return { x: x - (x - view.x) * scale, y: y - (y - view.y) * scale, zoom };
}

/** Keep a node where it was on the screen when the layout around it changes. */
export function follow(view: Viewport, before: Box, after: Box): Viewport {
  const middle = (node: Box): number => node.x + node.width / 2;
  return {
    ...view,
    x: view.x + (middle(before) - middle(after)) * view.zoom,
    y: view.y + (before.y - after.y) * view.zoom,
  };
}

/** Move only as far as needed to have the node in the pane. */
export function reveal(view: Viewport, node: Box, pane: Size): Viewport {
  const shift = (start: number, length: number, room: number): number => {
    const margin = Math.min(48, room / 4);
    if (start < margin) return margin - start;
    const over = start + Math.min(length, room - 2 * margin) - (room - margin);
    return over > 0 ? -over : 0;
  };
  const { zoom } = view;
  const dx = shift(view.x + node.x * zoom, node.width * zoom, pane.width);
  const dy = shift(view.y + node.y * zoom, node.height * zoom, pane.height);
  return { ...view, x: view.x + dx, y: view.y + dy };
}
