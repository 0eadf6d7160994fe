import { describe, expect, it } from "vitest";

import type { Design, KindData } from "./data";
import { add, connect, copy, EMPTY, freeInput, join, leads, move, paste, refusal, remove, repair, set } from "./design";
import { fromText, toText } from "./clipboard";
import { former, keep } from "./former";
import { begin, record, redo, undo } from "./history";
import { commandOf } from "./keys";
import { fieldOf } from "./schema";
import { matching } from "./Shelf";
import { sizeOf } from "./size";
import { tidy } from "./tidy";

const kind = (name: string, more: Partial<KindData> = {}): KindData => ({
  kind: name,
  title: name,
  hint: "",
  inputs: ["input"],
  many: false,
  output: true,
  parameters: {},
  ...more,
});
const KINDS = new Map(
  [
    kind("Image", { inputs: [] }),
    kind("Conv", { parameters: { channels: { type: "integer", minimum: 1, default: 16 } } }),
    kind("Add", { inputs: ["terms"], many: true }),
    kind("Attention", { inputs: ["query", "memory"] }),
    kind("Output", { output: false }),
    kind("Flatten"),
  ].map((one) => [one.kind, one]),
);
const build = (...names: string[]): Design =>
  names.reduce((design, name, index) => add(design, KINDS.get(name)!, { x: 100 * index, y: 0 }).design, EMPTY);
const wires = (design: Design) => design.wires.map(({ source, target, input }) => `${source}>${target}:${input}`);
const chain = join(join(build("Image", "Conv", "Conv"), "image1", "conv1", KINDS), "conv1", "conv2", KINDS);

describe("blocks", () => {
  it("get a name of their own and the defaults of their kind", () => {
    expect(chain.blocks.map(({ id }) => id)).toEqual(["image1", "conv1", "conv2"]);
    expect(chain.blocks[1]?.parameters).toEqual({ channels: 16 });
    const gap = remove(chain, new Set(["conv1"]));
    expect(add(gap, KINDS.get("Conv")!, { x: 0, y: 0 }).id).toBe("conv1");
  });

  it("take their lines with them when they go", () => {
    expect(wires(chain)).toEqual(["image1>conv1:input", "conv1>conv2:input"]);
    expect(wires(remove(chain, new Set(["conv1"])))).toEqual([]);
    expect(wires(remove(chain, new Set(["conv2"])))).toEqual(["image1>conv1:input"]);
  });

  it("are set and moved without touching the others", () => {
    const other = set(move(chain, new Map([["conv1", { x: 7, y: 8 }]])), "conv1", { channels: 32 });
    expect(other.blocks[1]).toMatchObject({ x: 7, y: 8, parameters: { channels: 32 } });
    expect(other.blocks[2]).toEqual(chain.blocks[2]);
    expect(chain.blocks[1]?.parameters).toEqual({ channels: 16 });
  });
});

describe("wires", () => {
  it("refuse cycles, also long ones and to itself", () => {
    expect(refusal(chain, { source: "conv2", target: "conv1", input: "input" }, KINDS)).toContain("cycle");
    expect(refusal(chain, { source: "conv1", target: "conv1", input: "input" }, KINDS)).toContain("cycle");
    expect(connect(chain, { source: "conv2", target: "conv1", input: "input" }, KINDS)).toBe(chain);
    expect(leads(chain, "image1", "conv2")).toBe(true);
    expect(leads(chain, "conv2", "image1")).toBe(false);
  });

  it("refuse what has no such end", () => {
    const design = build("Output", "Conv");
    expect(refusal(design, { source: "output1", target: "conv1", input: "input" }, KINDS)).toBe(
      "Nothing comes out of Output.",
    );
    expect(refusal(design, { source: "conv1", target: "output1", input: "mask" }, KINDS)).toContain('no input "mask"');
    expect(refusal(design, { source: "gone", target: "conv1", input: "input" }, KINDS)).toContain("gone");
  });

  it("replace the old line of an input that takes one, and add to one that takes many", () => {
    const one = join(build("Image", "Image", "Conv"), "image1", "conv1", KINDS);
    expect(wires(connect(one, { source: "image2", target: "conv1", input: "input" }, KINDS))).toEqual([
      "image2>conv1:input",
    ]);
    const many = join(join(build("Image", "Image", "Add"), "image1", "add1", KINDS), "image2", "add1", KINDS);
    expect(wires(many)).toEqual(["image1>add1:terms", "image2>add1:terms"]);
    expect(connect(many, { source: "image1", target: "add1", input: "terms" }, KINDS)).toBe(many);
  });

  it("go to the first free input", () => {
    const first = join(build("Image", "Image", "Attention"), "image1", "attention1", KINDS);
    expect(freeInput(first, "attention1", KINDS)).toBe("memory");
    const both = join(first, "image2", "attention1", KINDS);
    expect(wires(both)).toEqual(["image1>attention1:query", "image2>attention1:memory"]);
    expect(freeInput(both, "attention1", KINDS)).toBeNull();
    expect(join(both, "image1", "attention1", KINDS)).toBe(both);
  });
});

it("pastes copies with names of their own and the lines among them", () => {
  const { design, ids } = paste(chain, copy(chain, new Set(["conv1", "conv2"])), { x: 10, y: 20 });
  expect(ids).toEqual(["conv3", "conv4"]);
  expect(wires(design)).toEqual(["image1>conv1:input", "conv1>conv2:input", "conv3>conv4:input"]);
  expect(design.blocks[3]).toMatchObject({ x: 110, y: 20 });
});

describe("repair", () => {
  it("sets parameters", () => {
    expect(repair(chain, [{ set: "conv1", parameters: { channels: 8 } }], KINDS).blocks[1]?.parameters).toEqual({
      channels: 8,
    });
  });

  it("puts a block into a wire", () => {
    const into = { source: "conv1", target: "conv2", input: "input" };
    const design = repair(chain, [{ insert: "Flatten", parameters: {}, into }], KINDS);
    expect(wires(design)).toEqual(["image1>conv1:input", "conv1>flatten1:input", "flatten1>conv2:input"]);
  });

  it("leaves out what no longer fits", () => {
    const into = { source: "image1", target: "conv2", input: "input" };
    expect(repair(chain, [{ insert: "Flatten", parameters: {}, into }], KINDS)).toBe(chain);
  });
});

describe("history", () => {
  it("goes back and forth, and forgets the future after an edit", () => {
    const [one, two, three] = [build("Image"), build("Conv"), build("Add")];
    const both = record(record(begin(EMPTY), one), two);
    expect(undo(both).now).toBe(one);
    expect(redo(undo(both)).now).toBe(two);
    expect(undo(undo(undo(both))).now).toBe(EMPTY);
    expect(record(undo(both), three).future).toEqual([]);
    expect(redo(both)).toEqual(both);
  });

  it("takes typing as one step, and no change as none", () => {
    const typed = ["1", "12", "128"].reduce(
      (history, text) => record(history, set(chain, "conv1", { channels: Number(text) }), "conv1.channels"),
      begin(chain),
    );
    expect(typed.past).toEqual([chain]);
    expect(record(typed, typed.now)).toBe(typed);
    expect(undo(typed).now).toBe(chain);
    const later = record(undo(typed), set(chain, "conv1", { channels: 2 }), "conv1.channels");
    expect(undo(later).now).toBe(chain);
  });
});

describe("fields", () => {
  it("hold the bounds of the schema, in words", () => {
    const whole = fieldOf({ type: "integer", minimum: 1, maximum: 9 })!;
    expect([0, 10, 2.5, 5].map(whole.refuse)).toEqual(["At least 1.", "At most 9.", "Give a whole number.", null]);
    expect(fieldOf({ type: "number", exclusiveMinimum: 0 })!.refuse(0)).toBe("More than 0.");
    expect(whole.refuse(null)).toBe("Give a value.");
  });

  it("know choices, switches, what may be empty, and what is no field", () => {
    expect(fieldOf({ enum: ["same", "valid"] })).toMatchObject({ kind: "choice", options: ["same", "valid"] });
    expect(fieldOf({ enum: ["same"] })!.refuse("valid")).toBe("Choose one of same.");
    expect(fieldOf({ type: "boolean" })?.kind).toBe("switch");
    const clip = fieldOf({ anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }] })!;
    expect([clip.optional, clip.refuse(null), clip.refuse(-1)]).toEqual([true, null, "More than 0."]);
    expect(fieldOf({})).toBeNull();
  });
});

it("tidies from left to right, nothing over each other", () => {
  const size = () => sizeOf(KINDS.get("Conv"));
  const design = tidy(join(build("Conv", "Image", "Add"), "image1", "conv1", KINDS), size);
  const at = (id: string) => design.blocks.find((block) => block.id === id)!;
  expect(at("image1").x).toBeLessThan(at("conv1").x);
  const places = design.blocks.map(({ x, y }) => `${x},${y}`);
  expect(new Set(places).size).toBe(3);
});

it("finds kinds by all words, heading included", () => {
  const groups = [
    { title: "Convolution", kinds: [kind("Conv"), kind("Depthwise")] },
    { title: "Head", kinds: [kind("Linear")] },
  ];
  expect(matching(groups, "convolution depth").map(({ kinds }) => kinds.map((one) => one.kind))).toEqual([
    ["Depthwise"],
  ]);
  expect(matching(groups, "")).toEqual(groups);
  expect(matching(groups, "pool")).toEqual([]);
});

it("knows the usual keys", () => {
  const press = (key: string, command = false, shift = false) => commandOf({ key, command, shift });
  expect([press("z", true), press("Z", true, true), press("y", true)]).toEqual(["undo", "redo", "redo"]);
  expect([press("Delete"), press("d", true), press("d"), press("j")]).toEqual(["remove", "duplicate", null, "join"]);
});

describe("blocks on the clipboard", () => {
  const KEPT: Design = {
    ...chain,
    blocks: chain.blocks.map((block) => ({ ...block, group: block.id === "image1" ? null : "group1" })),
    groups: [{ id: "group1", title: "Twice", times: 2, folded: true }],
  };

  it("come back as they were, groups that were taken whole included", () => {
    expect(fromText(toText(KEPT), KINDS)).toEqual(KEPT);
    const both = paste(KEPT, copy(KEPT, new Set(["conv1", "conv2"])), { x: 0, y: 50 });
    expect(both.design.groups?.map(({ id, title, times }) => [id, title, times])).toEqual([
      ["group1", "Twice", 2],
      ["group2", "Twice", 2],
    ]);
    expect(both.design.blocks.slice(3).map(({ group }) => group)).toEqual(["group2", "group2"]);
    const half = copy(KEPT, new Set(["conv1"]));
    expect([half.groups, half.blocks[0]?.group]).toEqual([[], null]);
  });

  it("are refused when they are something else, and believed in nothing that has no sense", () => {
    for (const text of ["", "garbage {", "[1]", '{"nodes": []}', '{"archviz": []}', '{"archviz": {"blocks": [7, {}]}}'])
      expect(fromText(text, KINDS)).toBeNull();
    const odd = {
      blocks: [
        { id: "a", kind: "Conv", x: 0, y: 0, parameters: { channels: -5, unknown: 1 }, group: "gone" },
        { id: "a", kind: "Conv", x: 9, y: 9 },
        { id: "b", kind: "Exec", x: 0, y: 0 },
        { id: "c", kind: "Conv", x: "left", y: 0 },
      ],
      wires: [{ source: "a", target: "a", input: "input" }, null, { source: "b", target: "a", input: "input" }],
      groups: [{ id: "empty", title: "Nothing", times: 1, folded: false }],
    };
    expect(fromText(JSON.stringify({ archviz: odd }), KINDS)).toEqual({
      blocks: [{ id: "a", kind: "Conv", x: 0, y: 0, parameters: { channels: 16 }, group: null }],
      wires: [],
      groups: [],
    });
  });

  it("are kept in the tab until something else stands there", () => {
    const places = new Map<string, string>();
    const store = {
      getItem: (key: string) => places.get(key) ?? null,
      setItem: (key: string, value: string) => void places.set(key, value),
    } as Storage;
    expect(former(EMPTY, KINDS, store)).toBeNull();
    keep(KEPT, store);
    keep(EMPTY, store);
    expect(former(EMPTY, KINDS, store)).toEqual(KEPT);
    expect(former(KEPT, KINDS, store)).toBeNull();
  });
});
