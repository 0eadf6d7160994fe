import { describe, expect, it } from "vitest";

import type { BuilderData, Design } from "./data";
import { begin, record, resumed, undo } from "./history";

const design = (id: string): Design => ({ blocks: [{ id, kind: "relu", x: 0, y: 0, parameters: {} }], wires: [] });
const data = (judged: number, revision = "r1"): BuilderData => ({
  mode: "builder",
  palette: [],
  design: design("given"),
  revision,
  status: {},
  judged,
  height: 100,
});

describe("a canvas that was taken away and put back", () => {
  const history = record(begin(design("first")), design("second"));
  const kept = { history, number: 4, revision: "r1" };

  it("goes on where it was, and can undo", () => {
    for (const judged of [0, 3, 4]) expect(resumed(kept, data(judged))).toBe(kept);
    expect(undo(resumed(kept, data(4)).history).now).toEqual(design("first"));
  });

  it("begins anew with another design, or with one that was edited elsewhere", () => {
    for (const now of [resumed(kept, data(5)), resumed(kept, data(0, "r2")), resumed(null, data(0))])
      expect(now.history).toEqual(begin(design("given")));
  });
});
