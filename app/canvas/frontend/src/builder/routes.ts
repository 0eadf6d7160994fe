// Where a line runs: straight on as a curve, over or under the blocks between, or back to the next row.
import type { Box } from "../viewport";
import { PORT } from "./size";

export interface Spot {
  readonly x: number;
  readonly y: number;
}

const OUT = 22; // how far a line leaves a block before it turns
const CLEAR = 13;
const ROUND = 9;

/** The height at which a line runs past what stands between its ends; null: nothing does, a plain curve will do. */
export function levelOf(source: Box, target: Box, others: Iterable<Box>): number | null {
  const start = source.x + source.width;
  const end = target.x;
  const back = end < start + 8;
  const [left, right] = back ? [end - OUT, start + OUT] : [start, end];
  const between = [...others].filter((box) => box.x < right - 2 && box.x + box.width > left + 2);
  const [high, low] = [Math.min(source.y, target.y) + PORT, Math.max(source.y, target.y) + PORT];
  const inTheWay = (from: number, to: number): Box[] =>
    between.filter((box) => box.y < to && box.y + box.height > from);
  if (!back && inTheWay(high - 2, low + 2).length === 0) return null;
  const all = back ? [...between, source, target] : between;
  const free = (level: number, way: 1 | -1): number => {
    for (;;) {
      const met = all.filter((box) => box.y < level + CLEAR - 1 && box.y + box.height > level - CLEAR + 1);
      if (met.length === 0) return level;
      level =
        way < 0
          ? Math.min(...met.map(({ y }) => y)) - CLEAR
          : Math.max(...met.map(({ y, height }) => y + height)) + CLEAR;
    }
  };
  const from = back ? target.y - CLEAR : high;
  const candidates = [free(from, -1), free(from, 1)];
  const far = (level: number): number => Math.abs(level - high) + Math.abs(level - low);
  return candidates.reduce((best, one) => (far(one) < far(best) ? one : best));
}

/** A line with right angles, rounded, which runs level at one height. */
export function stepped(from: Spot, to: Spot, level: number): string {
  const points = [
    from,
    { x: from.x + OUT, y: from.y },
    { x: from.x + OUT, y: level },
    { x: to.x - OUT, y: level },
    { x: to.x - OUT, y: to.y },
    to,
  ];
  let path = `M${from.x} ${from.y}`;
  for (let index = 1; index < points.length - 1; index += 1) {
    const [before, corner, after] = [points[index - 1]!, points[index]!, points[index + 1]!];
    const [enter, leave] = [towards(corner, before), towards(corner, after)];
    path += `L${enter.x} ${enter.y}Q${corner.x} ${corner.y} ${leave.x} ${leave.y}`;
  }
  return `${path}L${to.x} ${to.y}`;
}

/** From a corner a little towards another point. */
function towards(corner: Spot, other: Spot): Spot {
  const [dx, dy] = [other.x - corner.x, other.y - corner.y];
  const length = Math.hypot(dx, dy);
  const share = length === 0 ? 0 : Math.min(ROUND, length / 2) / length;
  return { x: corner.x + dx * share, y: corner.y + dy * share };
}
