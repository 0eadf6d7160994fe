// How large a closed node is drawn, from the text on it: known before it is on the screen, so that nothing jumps.
import { shapeText } from "../numbers";
import type { TreeNode } from "./tree";

export const HEIGHT = 30;
/** The title line of an open module. */
export const HEADER = 26;

const LABEL = 7.2; // pixels a character
const SHAPE = 6.7;
const SIDES = 24;
const GAP = 14;
const CHEVRON = 18;

export function sizeOf({ label, shape, children }: TreeNode): { width: number; height: number } {
  const text = shapeText(shape);
  const width =
    SIDES + label.length * LABEL + (text ? GAP + text.length * SHAPE : 0) + (children.length > 0 ? CHEVRON : 0);
  return { width: Math.round(Math.min(Math.max(width, 110), 340)), height: HEIGHT };
}
