import { expect, it } from "vitest";

import { type Box, type LaneBoxes, placeAt } from "./place";

const box = (left: number, top: number, width = 80, height = 30): Box => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
});
const lane: LaneBoxes = {
  name: "B",
  box: box(0, 100, 200, 100),
  chips: [box(10, 110), box(100, 110), box(10, 150)], // two rows
};

it("finds the position by reading order, also in a second row", () => {
  const index = (x: number, y: number) => placeAt({ x, y }, [lane])?.index;
  expect(index(5, 120)).toBe(0);
  expect(index(60, 120)).toBe(1);
  expect(index(190, 120)).toBe(2);
  expect(index(5, 160)).toBe(2);
  expect(index(190, 160)).toBe(3);
  expect(index(100, 195)).toBe(3);
});

it("is nowhere beside the lanes", () => {
  expect(placeAt({ x: 300, y: 120 }, [lane])).toBeNull();
  expect(placeAt({ x: 50, y: 99 }, [lane])).toBeNull();
});
