// A line through points, rounded at each of them, as an SVG path.
import type { Point } from "./arrange";

export function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return "";
  const at = ({ x, y }: Point): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
  let path = `M${at(first)}`;
  for (let index = 0; index < rest.length - 1; index += 1) {
    const [corner, next] = [rest[index]!, rest[index + 1]!];
    path += `Q${at(corner)} ${at({ x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 })}`;
  }
  return `${path}L${at(last)}`;
}
