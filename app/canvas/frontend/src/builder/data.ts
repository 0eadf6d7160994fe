// What Python and the builder tell each other; the twin of `app/canvas/builder.py`.

export type Value = number | string | boolean | null;

/** As JSON schema says it, of which the builder understands these. */
export interface ParameterSchema {
  type?: "integer" | "number" | "boolean" | "string" | "null";
  anyOf?: ParameterSchema[];
  enum?: (string | number)[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  default?: Value;
  description?: string;
}

export interface KindData {
  kind: string;
  title: string;
  hint: string;
  /** Names of the inputs; empty for a source. */
  inputs: string[];
  /** Whether the last input takes any number of lines. */
  many: boolean;
  /** Whether anything comes out. */
  output: boolean;
  parameters: Record<string, ParameterSchema>;
}

export interface GroupData {
  title: string;
  kinds: KindData[];
}

export interface Block {
  id: string;
  kind: string;
  x: number;
  y: number;
  parameters: Record<string, Value>;
  /** The group that holds it. */
  group?: string | null;
}

/** A frame around some blocks. */
export interface Frame {
  id: string;
  title: string;
  /** Copies, one after another. */
  times: number;
  folded: boolean;
}

export interface Wire {
  source: string;
  target: string;
  /** Name of the input. */
  input: string;
}

export interface Design {
  blocks: Block[];
  wires: Wire[];
  groups?: Frame[];
}

/** What a fix does: set parameters, or put a new block into a wire. */
export type Repair =
  | { set: string; parameters: Record<string, Value> }
  | { insert: string; parameters: Record<string, Value>; into: Wire };

export interface Status {
  /** What comes out, in words: `64×32×32`. */
  shape: string | null;
  parameters: number;
  macs: number;
  error: string | null;
  fix: { label: string; repairs: Repair[] } | null;
}

export interface BuilderData {
  mode: "builder";
  palette: GroupData[];
  design: Design;
  /** The design belongs to the reader until Python gives another revision. */
  revision: string;
  /** By block, for the edit of this number. */
  status: Record<string, Status>;
  judged: number;
  height: number;
}

export interface Designed extends Design {
  revision: string;
  /** Counts the reader's edits, so that a late status is not taken for that of a newer design. */
  edit: number;
}

export type BuilderState = { designed: Designed };
