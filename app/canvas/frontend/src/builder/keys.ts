// What the keys mean on the canvas.
export type Command = "remove" | "duplicate" | "all" | "undo" | "redo" | "join" | "tidy" | "group" | "nothing";

export interface Pressed {
  readonly key: string;
  readonly command: boolean;
  readonly shift: boolean;
}

/** Null: not a key of the canvas. */
export function commandOf({ key, command, shift }: Pressed): Command | null {
  if (command) {
    const commands: Record<string, Command> = {
      d: "duplicate",
      a: "all",
      y: "redo",
      z: shift ? "redo" : "undo",
    };
    return commands[key.toLowerCase()] ?? null;
  }
  if (key === "Delete" || key === "Backspace") return "remove";
  if (key === "Escape") return "nothing";
  return ({ j: "join", t: "tidy", g: "group" }[key.toLowerCase()] as Command | undefined) ?? null;
}
