import { describe, expect, it } from "vitest";

import type { Block, Design } from "./data";
import { remove } from "./design";
import { frameBox, setFrame } from "./groups";
import { boxesOf, fold, squeezeIn } from "./places";
import { levelOf, stepped } from "./routes";
import { tidy } from "./tidy";
import type { Box } from "../viewport";

const SIZE = { width: 196, height: 92 };
const sizeOf = () => SIZE;
const block = (id: string, x: number, y: number, group: string | null = null): Block => ({
  id,
  kind: "ReLU",
  x,
  y,
  parameters: {},
  group,
});
const chain = (blocks: Block[]): Design => ({
  blocks,
  wires: blocks.slice(1).map(({ id }, index) => ({ source: blocks[index]!.id, target: id, input: "input" })),
});
/** A row with a folded group of six in it, as models of the book are opened, and a row below. */
const OPENED: Design = {
  ...chain([
    block("a", 40, 60),
    ...[0, 1, 2, 3, 4, 5].map((index) => block(`g${index}`, 292 + index * 252, 60, "six")),
    block("b", 544, 60),
    block("c", 40, 260),
  ]),
  groups: [{ id: "six", title: "Six", times: 1, folded: true }],
};

function apart(design: Design): boolean {
  const boxes = [...boxesOf(design, sizeOf).values()];
  return boxes.every((one, index) => boxes.slice(index + 1).every((other) => !meet(one, other)));
}
const meet = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe("a group", () => {
  it("opens where its card stood, covers nothing, and folds back to the same places", () => {
    const open = fold(OPENED, "six", false, sizeOf);
    expect(apart(open)).toBe(true);
    expect(frameBox(open, "six", sizeOf)).toMatchObject({ x: 292, y: 60 });
    const inside = open.blocks.filter(({ group }) => group === "six");
    expect(new Set(inside.map(({ x, y }) => `${x} ${y}`)).size).toBe(6);
    const again = fold(open, "six", true, sizeOf);
    expect(boxesOf(again, sizeOf)).toEqual(boxesOf(OPENED, sizeOf));
    expect(fold(open, "six", false, sizeOf)).toBe(open);
  });

  it("keeps its blocks where the reader put them", () => {
    const own = { ...OPENED, blocks: OPENED.blocks.map((one) => (one.id === "g1" ? { ...one, y: 200 } : one)) };
    const open = fold(own, "six", false, sizeOf);
    const [first, second] = ["g0", "g1"].map((id) => open.blocks.find((one) => one.id === id)!);
    expect([second!.x - first!.x, second!.y - first!.y]).toEqual([252, 140]);
    expect(apart(open)).toBe(true);
  });

  it("is tidied inside, and apart from the others, open or folded", () => {
    for (const folded of [true, false]) {
      const tidied = tidy(setFrame(OPENED, "six", { folded }), sizeOf);
      expect(apart(tidied)).toBe(true);
    }
  });
});

it("a long chain is tidied into rows", () => {
  const long = tidy(chain(Array.from({ length: 40 }, (_, index) => block(`b${index}`, 0, 0))), sizeOf);
  const widest = Math.max(...long.blocks.map(({ x }) => x)) + 196;
  const lowest = Math.max(...long.blocks.map(({ y }) => y)) + 92;
  expect(apart(long)).toBe(true);
  expect(widest / lowest).toBeGreaterThan(1);
  expect(widest / lowest).toBeLessThan(3);
  for (let index = 1; index < 40; index += 1) {
    const [one, next] = [long.blocks[index - 1]!, long.blocks[index]!];
    expect(next.y > one.y || next.x > one.x).toBe(true);
  }
});

describe("a block that is put between two", () => {
  it("pushes aside what it would lie on, and nothing when there is room", () => {
    const tight = chain([block("a", 0, 0), block("new", 126, 0), block("b", 252, 0), block("c", 504, 0)]);
    const put = squeezeIn(tight, "new", sizeOf);
    expect(put.blocks.map(({ x }) => x)).toEqual([0, 252, 504, 756]);
    const wide = chain([block("a", 0, 0), block("new", 500, 0), block("b", 1000, 0)]);
    expect(squeezeIn(wide, "new", sizeOf).blocks.map(({ x }) => x)).toEqual([0, 252, 1000]);
    expect(squeezeIn(remove(wide, new Set(["a"])), "new", sizeOf).blocks[0]?.x).toBe(500);
  });

  it("widens the group it is put into, and what stands behind that gives way", () => {
    const grouped: Design = {
      ...chain([block("a", 0, 0, "two"), block("new", 126, 0, "two"), block("b", 252, 0, "two"), block("c", 530, 0)]),
      groups: [{ id: "two", title: "Two", times: 1, folded: false }],
    };
    const put = squeezeIn(grouped, "new", sizeOf);
    expect(apart(put)).toBe(true);
    expect(put.blocks.slice(0, 3).map(({ x }) => x)).toEqual([0, 252, 504]);
  });
});

describe("a line", () => {
  const at = (x: number, y: number): Box => ({ x, y, ...SIZE });

  it("is plain where nothing is in its way, and runs past what is", () => {
    expect(levelOf(at(0, 0), at(252, 0), [at(252, 300), at(0, 300)])).toBeNull();
    const over = levelOf(at(0, 0), at(504, 0), [at(252, 0)])!;
    expect(over).toBeLessThan(0);
    const under = levelOf(at(0, 0), at(504, 0), [at(252, 0), at(252, -110)])!;
    expect(under).toBeGreaterThan(92);
  });

  it("leads back to the next row through the gap between the rows", () => {
    const level = levelOf(at(756, 0), at(0, 140), [at(0, 0), at(252, 0), at(504, 0), at(252, 140), at(504, 140)])!;
    expect(level).toBeGreaterThan(92);
    expect(level).toBeLessThan(140);
    expect(stepped({ x: 952, y: 15 }, { x: 0, y: 155 }, level)).toMatch(/^M952 15L.*L0 155$/);
  });
});
