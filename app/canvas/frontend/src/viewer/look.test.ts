import { describe, expect, it } from "vitest";

import { measuresOf, scaleOf, shade } from "./colour";
import { sentence, tooltip } from "./describe";
import { graph, RESIDUAL } from "./example";
import { inUnits, shapeText, short } from "../numbers";
import { plant } from "./tree";
import { fitAll, fitWidth, follow, reveal, zoomBy } from "../viewport";
import { walk } from "./walk";

const tree = plant(RESIDUAL);
const layout = { nodes: [], routes: [], width: 400, height: 2000 };
const box = (x: number, y: number) => ({ id: "n", open: false, x, y, width: 100, height: 30 });

describe("numbers", () => {
  it("have at most three significant digits and a unit", () => {
    expect([0, 950, 1234, 25557032, 4.1e9, 0.0375, 0.00012].map(short)).toEqual([
      "0",
      "950",
      "1.23 k",
      "25.6 M",
      "4.1 G",
      "0.0375",
      "1.2e-4",
    ]);
    expect(short(999_900)).toBe("1 M");
  });

  it("show shapes without a batch of one", () => {
    expect(shapeText([1, 64, 56, 56])).toBe("64×56×56");
    expect(shapeText([64, 49, 288])).toBe("64×49×288");
    expect(shapeText([1])).toBe("1");
  });
});

describe("colours", () => {
  it("run from dark to light, with text that can be read on them", () => {
    expect(shade(0)).toEqual({ fill: "rgb(0 34 78)", text: "#fff" });
    expect(shade(1)).toEqual({ fill: "rgb(254 232 56)", text: "#000" });
    expect(shade(7)).toEqual(shade(1));
  });

  const trees = new Map([
    [
      "A",
      plant(
        graph(["one", "two"], [], (row) => {
          row[5] = row[0] === "one" ? 100 : 0;
        }),
      ),
    ],
    [
      "B",
      plant(
        graph(["one"], [], (row) => {
          row[5] = 400;
        }),
      ),
    ],
  ]);
  const all = (arm: string) => [...trees.get(arm)!.nodes.keys()];
  const [parameters] = measuresOf([]);

  it("have one scale for both arms; what has none of it has no colour", () => {
    const scale = scaleOf(parameters!, trees, all)!;
    expect([scale.low, scale.high]).toEqual([0, 400]);
    expect(scale.share(100)).toBe(0.25);
    expect(parameters!.of("A", trees.get("A")!.nodes.get("two")!)).toBeUndefined();
  });

  it("can be given, also on a logarithmic scale", () => {
    const values = { A: { one: 1e-4, two: 0 }, B: { one: 1 } };
    const gradient = measuresOf([{ name: "gradient norm", unit: "", log: true, note: "", values }]).at(-1)!;
    const scale = scaleOf(gradient, trees, all)!;
    expect(scale.share(1e-2)).toBeCloseTo(0.5);
    expect(
      scaleOf(measuresOf([{ name: "time", unit: "ms", log: false, note: "", values: {} }]).at(-1)!, trees, all),
    ).toBeNull();
  });
});

describe("viewport", () => {
  const pane = { width: 300, height: 400 };

  it("fits the width but stays legible, or fits all", () => {
    expect(fitWidth([layout], { width: 1000, height: 400 })).toEqual({ x: 500, y: 12, zoom: 1 });
    expect(fitWidth([{ ...layout, width: 5000 }], pane).zoom).toBe(0.55);
    expect(fitAll([layout], pane).zoom).toBeCloseTo(376 / 2000);
  });

  it("zooms about the middle", () => {
    const view = zoomBy({ x: 150, y: 200, zoom: 1 }, 2, pane);
    expect(view).toEqual({ x: 150, y: 200, zoom: 2 });
    expect(zoomBy({ x: 0, y: 0, zoom: 2 }, 10, pane).zoom).toBe(2);
  });

  it("keeps the opened node where it was", () => {
    const view = follow({ x: 10, y: 20, zoom: 0.5 }, box(0, 100), { ...box(-50, 300), width: 200 });
    expect(view).toEqual({ x: 10, y: -80, zoom: 0.5 });
  });

  it("moves no more than needed to show a node", () => {
    const view = { x: 0, y: 0, zoom: 1 };
    expect(reveal(view, box(100, 100), pane)).toEqual(view);
    expect(reveal(view, box(100, 1000), pane)).toEqual({ x: 0, y: -(1000 + 30 - 352), zoom: 1 });
    expect(reveal(view, box(-200, 100), pane)).toEqual({ x: 248, y: 0, zoom: 1 });
  });
});

describe("keys", () => {
  const open = new Set(["block"]);

  it("walk along what is on the screen", () => {
    expect(walk(tree, open, null, "ArrowDown")).toEqual({ type: "go", id: "input" });
    expect(walk(tree, open, "input", "ArrowDown")).toEqual({ type: "go", id: "block" });
    expect(walk(tree, new Set(), "block", "ArrowDown")).toEqual({ type: "go", id: "head" });
    expect(walk(tree, open, "head", "ArrowDown")).toEqual({ type: "go", id: "head" });
    expect(walk(tree, open, "head", "Home")).toEqual({ type: "go", id: "input" });
  });

  it("open, enter, leave and close modules", () => {
    expect(walk(tree, new Set(), "block", "ArrowRight")).toEqual({ type: "toggle", id: "block" });
    expect(walk(tree, open, "block", "ArrowRight")).toEqual({ type: "go", id: "block/conv" });
    expect(walk(tree, open, "block/norm", "ArrowLeft")).toEqual({ type: "go", id: "block" });
    expect(walk(tree, open, "block", "ArrowLeft")).toEqual({ type: "toggle", id: "block" });
    expect(walk(tree, open, "head", "ArrowRight")).toBeNull();
  });
});

describe("words", () => {
  it("tell a screen reader what is under the keyboard", () => {
    expect(sentence(tree, tree.nodes.get("block")!, new Set())).toBe(
      "block: closed, 3 parts, output 64 by 32 by 32, 10 parameters, 100 MACs.",
    );
  });

  it("tell exact values on hover", () => {
    const repeated = { ...tree.nodes.get("block")!, parameters: 1234567, count: 6 };
    const text = tooltip(repeated, "A", { name: "time", unit: "ms", log: false, note: "", of: () => 1.234 });
    expect(text).toContain("1,234,567 parameters");
    expect(text).toContain("time 1.23 ms");
    expect(text).toContain("6 alike, drawn once");
  });
});

it("figures stand with their units", () => {
  expect([inUnits(129_000, "B"), inUnits(3.77, "ms"), inUnits(148_000, "parameters"), inUnits(4, "")]).toEqual([
    `${short(129_000)}B`,
    "3.77 ms",
    `${short(148_000)} parameters`,
    short(4),
  ]);
});
