import { describe, expect, it } from "vitest";

import { announce } from "./announce";
import { toData } from "./lanes";
import { type Action, reduce, shown, start, type State } from "./state";

const data = (a: string[], b: string[]) => [
  { name: "A", tweaks: a, problem: null },
  { name: "B", tweaks: b, problem: null },
];
const begin = (a: string[] = [], b: string[] = []): State => start("1", data(a, b));
const after = (state: State, ...actions: Action[]): State => actions.reduce(reduce, state);
const chipId = (state: State, lane: number, index = 0): string => state.lanes[lane]?.chips[index]?.id ?? "";

const grab = (tweak: string, id: string | null = null): Action => ({ type: "grab", tweak, id, by: "keyboard" });
const step = (arrow: "up" | "down" | "left" | "right"): Action => ({ type: "step", arrow });
const drop: Action = { type: "drop" };

describe("with a chip in hand", () => {
  it("shows it in its place before the drop, and keeps it there after", () => {
    const held = after(begin(["one"]), grab("plain"), step("down"), step("down"));
    expect(toData(shown(held))).toEqual({ A: ["one"], B: ["plain"] });
    expect(toData(held.lanes)).toEqual({ A: ["one"], B: [] });
    expect(toData(after(held, drop).lanes)).toEqual({ A: ["one"], B: ["plain"] });
  });

  it("is back where it was after a cancel", () => {
    const before = begin(["one", "two"], []);
    const held = after(before, grab("one", chipId(before, 0)), step("down"), { type: "cancel" });
    expect(held.lanes).toBe(before.lanes);
    expect(held.grabbed).toBeNull();
  });

  it("is taken off when it is dropped on the palette", () => {
    const before = begin(["one", "two"], ["one"]);
    const gone = after(before, grab("one", chipId(before, 0)), step("up"), drop);
    expect(toData(gone.lanes)).toEqual({ A: ["two"], B: ["one"] });
  });

  it("stays in the palette when it never left it", () => {
    expect(toData(after(begin(), grab("plain"), drop).lanes)).toEqual({ A: [], B: [] });
  });

  it("does not make a new state when the aim stays the same", () => {
    const held = after(begin(["one"]), grab("plain"), { type: "aim", to: { lane: "A", index: 1 } });
    expect(reduce(held, { type: "aim", to: { lane: "A", index: 1 } })).toBe(held);
  });
});

describe("without dragging", () => {
  it("puts a copy at the end of a lane, once", () => {
    const once = after(begin([], ["one"]), { type: "put", tweak: "plain", lane: "B" });
    expect(toData(once.lanes)["B"]).toEqual(["one", "plain"]);
    expect(reduce(once, { type: "put", tweak: "plain", lane: "B" })).toBe(once);
  });

  it("shifts within the lane and no further", () => {
    const before = begin(["one", "two"]);
    const id = chipId(before, 0);
    const later = after(before, { type: "shift", id, by: 1 });
    expect(toData(later.lanes)["A"]).toEqual(["two", "one"]);
    expect(reduce(later, { type: "shift", id, by: 1 })).toBe(later);
  });

  it("removes one chip", () => {
    const before = begin(["one"], ["one"]);
    expect(toData(after(before, { type: "remove", id: chipId(before, 1) }).lanes)).toEqual({ A: ["one"], B: [] });
  });
});

describe("revision", () => {
  it("keeps the reader's lanes while it stays the same", () => {
    const mine = after(begin(), { type: "put", tweak: "plain", lane: "A" });
    expect(reduce(mine, { type: "replace", revision: "1", lanes: data([], ["clip"]) })).toBe(mine);
  });

  it("replaces them when it changes, and lets go of the chip in hand", () => {
    const mine = after(begin(), { type: "put", tweak: "plain", lane: "A" }, grab("clip"));
    const theirs = reduce(mine, { type: "replace", revision: "2", lanes: data([], ["clip"]) });
    expect(toData(theirs.lanes)).toEqual({ A: [], B: ["clip"] });
    expect(theirs.grabbed).toBeNull();
  });
});

describe("announce", () => {
  const say = (before: State, action: Action): string | null =>
    announce(before, action, reduce(before, action), (slug) => `The ${slug}`);

  it("tells where the chip is after each step and after the drop", () => {
    const held = after(begin(["one"]), grab("plain"));
    expect(say(held, step("down"))).toBe("The plain: lane A, position 2 of 2.");
    expect(say(after(held, step("down")), drop)).toBe("The plain dropped on lane A, position 2 of 2.");
    expect(say(held, drop)).toBe("The plain stays in the palette.");
  });

  it("tells that a chip was taken off, was there already, or went back", () => {
    const before = begin(["one"]);
    const id = chipId(before, 0);
    expect(say(before, { type: "remove", id })).toBe("The one taken off lane A.");
    expect(say(before, { type: "put", tweak: "one", lane: "A" })).toBe("The one is on lane A already.");
    expect(say(after(before, grab("one", id), step("up")), drop)).toBe("The one taken off lane A.");
    expect(say(after(before, grab("one", id)), { type: "cancel" })).toBe("Cancelled: The one is back where it was.");
  });

  it("is silent when nothing changed", () => {
    const held = after(begin(["one"]), grab("plain"));
    expect(say(held, step("up"))).toBeNull();
    expect(say(begin(), { type: "replace", revision: "2", lanes: data([], []) })).toBeNull();
  });
});
