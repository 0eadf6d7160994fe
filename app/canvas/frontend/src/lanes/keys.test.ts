import { expect, it } from "vitest";

import { keyOnChip, keyWhileGrabbed } from "./keys";

it("grabs, puts on a lane by its letter, and removes only from lanes", () => {
  expect(keyOnChip("Enter", "plain", null, ["A", "B"])).toEqual({
    type: "grab",
    tweak: "plain",
    id: null,
    by: "keyboard",
  });
  expect(keyOnChip("b", "plain", null, ["A", "B"])).toEqual({ type: "put", tweak: "plain", lane: "B" });
  expect(keyOnChip("B", "plain", "plain#1", ["A", "B"])).toEqual({ type: "put", tweak: "plain", lane: "B" });
  expect(keyOnChip("Delete", "plain", "plain#1", ["A", "B"])).toEqual({ type: "remove", id: "plain#1" });
  expect(keyOnChip("Delete", "plain", null, ["A", "B"])).toBeNull();
  expect(keyOnChip("c", "plain", null, ["A", "B"])).toBeNull();
});

it("moves, drops and cancels with a chip in hand", () => {
  expect(keyWhileGrabbed("ArrowLeft")).toEqual({ type: "step", arrow: "left" });
  expect(keyWhileGrabbed(" ")).toEqual({ type: "drop" });
  expect(keyWhileGrabbed("Escape")).toEqual({ type: "cancel" });
  expect(keyWhileGrabbed("b")).toBeNull();
});
