import { describe, expect, it } from "vitest";

import { type Chip, find, fromData, insert, type Lanes, newChip, remove, step, toData } from "./lanes";

const END = Number.POSITIVE_INFINITY;
const lanes = (a: string[], b: string[]): Lanes =>
  fromData([
    { name: "A", tweaks: a, problem: null },
    { name: "B", tweaks: b, problem: null },
  ]);
const chip = (all: Lanes, lane: string, index: number): Chip => {
  const found = all.find(({ name }) => name === lane)?.chips[index];
  if (!found) throw new Error(`no chip ${index} on ${lane}`);
  return found;
};

describe("fromData", () => {
  it("keeps the order and gives each chip an id of its own, also when a tweak lies on both lanes", () => {
    const all = lanes(["plain", "clip"], ["plain"]);
    expect(toData(all)).toEqual({ A: ["plain", "clip"], B: ["plain"] });
    const ids = all.flatMap((lane) => lane.chips.map(({ id }) => id));
    expect(new Set(ids).size).toBe(3);
  });

  it("holds a tweak once on a lane", () => {
    expect(toData(lanes(["plain", "clip", "plain"], []))).toEqual({ A: ["clip", "plain"], B: [] });
  });
});

describe("insert", () => {
  it("copies from the palette: a new chip, the other lane untouched", () => {
    const all = lanes(["plain"], []);
    const copied = insert(all, newChip(all, "plain"), { lane: "B", index: 0 });
    expect(toData(copied)).toEqual({ A: ["plain"], B: ["plain"] });
    expect(toData(all)).toEqual({ A: ["plain"], B: [] });
  });

  it("moves between lanes to the position asked for", () => {
    const all = lanes(["plain"], ["clip", "norm"]);
    expect(toData(insert(all, chip(all, "A", 0), { lane: "B", index: 1 }))).toEqual({
      A: [],
      B: ["clip", "plain", "norm"],
    });
  });

  it("reorders within a lane, positions counted without the chip itself", () => {
    const all = lanes(["one", "two", "three"], []);
    const place = (index: number) => toData(insert(all, chip(all, "A", 0), { lane: "A", index }))["A"];
    expect(place(0)).toEqual(["one", "two", "three"]);
    expect(place(1)).toEqual(["two", "one", "three"]);
    expect(place(2)).toEqual(["two", "three", "one"]);
  });

  it("lets an older chip of the same tweak give way", () => {
    const all = lanes(["plain"], ["plain", "clip"]);
    const moved = insert(all, chip(all, "A", 0), { lane: "B", index: 2 });
    expect(toData(moved)).toEqual({ A: [], B: ["clip", "plain"] });
  });
});

describe("remove", () => {
  it("takes one chip off and leaves its twin on the other lane", () => {
    const all = lanes(["plain"], ["plain"]);
    const { id } = chip(all, "A", 0);
    expect(toData(remove(all, id))).toEqual({ A: [], B: ["plain"] });
    expect(find(remove(all, id), id)).toBeNull();
  });
});

describe("step", () => {
  const all = lanes(["one", "two"], ["three"]);
  const held = chip(all, "A", 0);

  it("enters the first lane from the palette, at its end", () => {
    expect(step(all, newChip(all, "new"), null, "down")).toEqual({ lane: "A", index: 2 });
    expect(step(all, newChip(all, "new"), null, "up")).toBeNull();
  });

  it("walks through the positions and on into the next lane", () => {
    const path = [{ lane: "A", index: 0 }];
    for (let press = 0; press < 4; press += 1) {
      const next = step(all, held, path.at(-1) ?? null, "right");
      if (next) path.push(next);
    }
    expect(path).toEqual([
      { lane: "A", index: 0 },
      { lane: "A", index: 1 },
      { lane: "B", index: 0 },
      { lane: "B", index: 1 },
      { lane: "B", index: 1 },
    ]);
  });

  it("walks back the same way", () => {
    expect(step(all, held, { lane: "B", index: 0 }, "left")).toEqual({ lane: "A", index: 1 });
    expect(step(all, held, { lane: "A", index: 0 }, "left")).toEqual({ lane: "A", index: 0 });
  });

  it("goes up from the first lane into the palette, and down no further than the last lane", () => {
    expect(step(all, held, { lane: "A", index: 1 }, "up")).toBeNull();
    expect(step(all, held, { lane: "B", index: 1 }, "down")).toEqual({ lane: "B", index: 1 });
    expect(step(all, held, { lane: "A", index: END }, "down")).toEqual({ lane: "B", index: 1 });
  });
});
