import { describe, expect, it } from "vitest";

import { graph, large, RESIDUAL } from "./example";
import { differs, firstDepth, onScreen, openTo, path, plant, related, search, standIn } from "./tree";

const tree = plant(RESIDUAL);
const ids = (open: Set<string>) => onScreen(tree, open).map(({ id }) => id);

it("plants the rows as a tree", () => {
  expect(tree.roots).toEqual(["input", "block", "head"]);
  expect(tree.nodes.get("block")?.children).toEqual(["block/conv", "block/norm", "block/add"]);
  expect(tree.nodes.get("block/add")?.depth).toBe(1);
  expect(tree.levels).toBe(2);
  expect(path(tree, "block/add")).toEqual(["block", "block/add"]);
});

it("shows closed modules as one node and open ones with what they hold", () => {
  expect(ids(new Set())).toEqual(["input", "block", "head"]);
  expect(ids(new Set(["block"]))).toEqual(["input", "block", "block/conv", "block/norm", "block/add", "head"]);
  expect(standIn(["block", "block/conv"], new Set())).toBe("block");
  expect(standIn(["block", "block/conv"], new Set(["block"]))).toBe("block/conv");
});

describe("firstDepth", () => {
  it("opens as far as the limit allows", () => {
    expect(firstDepth([tree], 6)).toBe(1);
    expect(firstDepth([tree], 5)).toBe(0);
    expect(firstDepth([large(50, 10)], 30)).toBe(0);
  });

  it("obeys the larger of two graphs", () => {
    expect(firstDepth([tree, large(3, 30)], 30)).toBe(0);
  });

  it("opens all modules above a depth", () => {
    expect([...openTo(tree, 0)]).toEqual([]);
    expect([...openTo(tree, 1)]).toEqual(["block"]);
  });
});

it("finds by all words of label, path and settings", () => {
  const settings = plant(
    graph(["stem", "stem/conv", "head"], [], (row) => {
      if (row[0] === "stem/conv") row[7] = "kernel_size=(7, 7)";
    }),
  );
  expect(search(settings, "STEM")).toEqual(["stem", "stem/conv"]);
  expect(search(settings, "conv kernel_size=(7")).toEqual(["stem/conv"]);
  expect(search(settings, "stem head")).toEqual([]);
  expect(search(settings, "  ")).toEqual([]);
});

it("marks a closed module that hides a difference", () => {
  const changed = plant(
    graph(["block", "block/norm", "head"], [], (row) => {
      row[9] = row[0] === "block/norm";
    }),
  );
  expect(differs(changed, "block")).toBe(true);
  expect(differs(changed, "head")).toBe(false);
});

it("knows versions of the same graph from another graph", () => {
  const without = plant(graph(["input", "block", "block/conv", "block/add", "head"]));
  expect(related([tree], [tree, without])).toBe(true);
  expect(related([tree, without], [without])).toBe(true);
  expect(related([tree], [large(2, 2)])).toBe(false);
});
