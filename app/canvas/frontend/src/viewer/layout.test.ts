import { describe, expect, it } from "vitest";

import type { Box } from "../viewport";
import { arrange, arranger, type Point } from "./arrange";
import { curve } from "./curve";
import { large, RESIDUAL } from "./example";
import { type Layout, layouter, type Placed } from "./layout";
import { type Open, openTo, plant, type Tree } from "./tree";

const tree = plant(RESIDUAL);
const lay = (of: Tree, open: Open): Layout => layouter(of, arranger())(open);
const placed = (layout: Layout, id: string): Placed => {
  const found = layout.nodes.find((node) => node.id === id);
  if (!found) throw new Error(`${id} is not on the screen`);
  return found;
};
const lines = (layout: Layout) => layout.routes.map(({ source, target }) => `${source}>${target}`);
const apart = (a: Box, b: Box) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
const inside = (outer: Box, inner: Box) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe("layouter", () => {
  it("draws a closed module as one node, with its lines lifted and drawn once", () => {
    const layout = lay(tree, new Set());
    expect(layout.nodes.map(({ id }) => id)).toEqual(["input", "block", "head"]);
    expect(lines(layout)).toEqual(["input>block", "block>head"]);
  });

  it("draws an open module around what it holds, before it", () => {
    const layout = lay(tree, new Set(["block"]));
    const block = placed(layout, "block");
    expect(block.open).toBe(true);
    for (const id of ["block/conv", "block/norm", "block/add"]) expect(inside(block, placed(layout, id))).toBe(true);
    expect(layout.nodes.findIndex(({ id }) => id === "block")).toBeLessThan(
      layout.nodes.findIndex(({ id }) => id === "block/conv"),
    );
    expect(lines(layout)).toContain("input>block/add");
  });

  it("lets things flow down, apart from each other, centred on zero", () => {
    const layout = lay(large(5, 4), openTo(large(5, 4), 1));
    const leaves = layout.nodes.filter(({ open }) => !open);
    leaves.forEach((a, index) => leaves.slice(index + 1).forEach((b) => expect(apart(a, b)).toBe(true)));
    for (const { source, target } of layout.routes)
      expect(placed(layout, source).y).toBeLessThan(placed(layout, target).y);
    const left = Math.min(...layout.nodes.map(({ x }) => x));
    const right = Math.max(...layout.nodes.map(({ x, width }) => x + width));
    expect(Math.abs(left + right)).toBeLessThan(layout.width / 4);
    expect(layout.height).toBeGreaterThan(Math.max(...layout.nodes.map(({ y }) => y)));
  });

  it("leads the residual line around the nodes it skips, from end to end", () => {
    const layout = lay(tree, new Set(["block"]));
    const skip = layout.routes.find(({ source, target }) => source === "input" && target === "block/add")!;
    const norm = placed(layout, "block/norm");
    const within = ({ x, y }: Point) => x > norm.x && x < norm.x + norm.width && y > norm.y && y < norm.y + norm.height;
    expect(skip.points.some(within)).toBe(false);
    const input = placed(layout, "input");
    const add = placed(layout, "block/add");
    expect(skip.points[0]?.y).toBeCloseTo(input.y + input.height);
    expect(skip.points.at(-1)?.y).toBeCloseTo(add.y);
  });

  it("gives the same after closing and opening again", () => {
    const again = layouter(tree, arranger());
    const before = JSON.stringify(again(new Set(["block"])));
    again(new Set());
    expect(JSON.stringify(again(new Set(["block"])))).toBe(before);
  });
});

it("arranges what looks the same once", () => {
  let calls = 0;
  const known = arranger();
  const counted: typeof arrange = (parts) => {
    calls += 1;
    return known(parts);
  };
  const blocks = large(50, 10);
  layouter(blocks, counted)(openTo(blocks, 1));
  expect(calls).toBe(51);
  const first = known({ sizes: [[10, 10]], links: [], title: null });
  expect(known({ sizes: [[10, 10]], links: [], title: null })).toBe(first);
});

it("draws a line through its points, rounded between", () => {
  expect(
    curve([
      { x: 0, y: 0 },
      { x: 0, y: 10 },
    ]),
  ).toBe("M0 0L0 10");
  expect(
    curve([
      { x: 0, y: 0 },
      { x: 0, y: 10 },
      { x: 10, y: 20 },
    ]),
  ).toBe("M0 0Q0 10 5 15L10 20");
  expect(curve([])).toBe("");
});
