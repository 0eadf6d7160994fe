// How large a block is drawn: known before it is on the screen.
import type { Size } from "../viewport";
import type { KindData } from "./data";
import { fieldOf } from "./schema";

export const WIDTH = 196;
export const HEADER = 30;
export const ROW = 28;
/** Where lines come in and leave: beside the title, so that a chain of blocks is a straight line. */
export const PORT = HEADER / 2;
const FOOT = 62; // shape, parameters, MACs

/** Parameters that are edited in fields, in their order. */
export function fieldsOf(kind: KindData): string[] {
  return Object.entries(kind.parameters)
    .filter(([, schema]) => fieldOf(schema) !== null)
    .map(([name]) => name);
}

/** Several inputs lie beside the title and the rows below it. */
export function sizeOf(kind: KindData | undefined): Size {
  const rows = kind ? Math.max(fieldsOf(kind).length, kind.inputs.length - 1) : 0;
  return { width: WIDTH, height: HEADER + rows * ROW + FOOT };
}
