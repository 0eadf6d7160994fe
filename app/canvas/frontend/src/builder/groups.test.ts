import { describe, expect, it } from "vitest";

import type { Design } from "./data";
import { remove } from "./design";
import { cornerOf, group, membersOf, moveUnits, setFrame, shownWires, ungroup, unitOf } from "./groups";
import { tidy } from "./tidy";

const block = (id: string, x: number) => ({ id, kind: "ReLU", x, y: 10, parameters: {} });
const CHAIN: Design = {
  blocks: [block("a", 0), block("b", 100), block("c", 200), block("d", 300)],
  wires: [
    { source: "a", target: "b", input: "input" },
    { source: "b", target: "c", input: "input" },
    { source: "a", target: "c", input: "gate" },
    { source: "c", target: "d", input: "input" },
  ],
};

const grouped = (): Design => group(CHAIN, new Set(["b", "c"]))!.design;

describe("groups", () => {
  it("hold the chosen blocks and say nothing of the others", () => {
    expect(membersOf(grouped(), "group1").map(({ id }) => id)).toEqual(["b", "c"]);
    expect(group(CHAIN, new Set())).toBeNull();
    expect(ungroup(grouped(), "group1").groups).toEqual([]);
  });

  it("fold into one unit, with the lines that cross its border", () => {
    const folded = setFrame(grouped(), "group1", { folded: true });
    const unit = unitOf(folded);
    expect(["a", "b", "c", "d"].map(unit)).toEqual(["a", "group1", "group1", "d"]);
    expect(shownWires(folded).map(({ source, target }) => `${source}>${target}`)).toEqual(["a>group1", "group1>d"]);
    expect(shownWires(grouped())).toHaveLength(4);
  });

  it("move with all that is in them", () => {
    const moved = moveUnits(setFrame(grouped(), "group1", { folded: true }), new Map([["group1", { x: 110, y: 50 }]]));
    expect(cornerOf(moved, "group1")).toEqual({ x: 110, y: 50 });
    expect(moved.blocks.map(({ x }) => x)).toEqual([0, 110, 210, 300]);
  });

  it("are gone with their last block, and a block is in one group only", () => {
    expect(remove(grouped(), new Set(["b", "c"])).groups).toEqual([]);
    const again = group(grouped(), new Set(["b", "c", "d"]))!.design;
    expect(again.groups?.map(({ id }) => id)).toEqual(["group2"]);
  });

  it("are arranged as one block when folded", () => {
    const folded = tidy(setFrame(grouped(), "group1", { folded: true }), () => ({ width: 196, height: 92 }));
    expect(cornerOf(folded, "group1").x).toBeGreaterThan(folded.blocks[0]!.x);
    expect(folded.blocks[3]!.x).toBeGreaterThan(cornerOf(folded, "group1").x);
  });
});
