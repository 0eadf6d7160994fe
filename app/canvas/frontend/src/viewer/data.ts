// What Python and the viewer tell each other; the twin of `app/canvas/viewer.py`.

/**
 * One node as a row, because graphs are large: id, label, type, row of its parent or -1, output shape, parameters,
 * MACs, settings, count, changed.
 */
export type NodeRow = [string, string, NodeType, number, number[], number, number, string, number, boolean];
export type NodeType = "input" | "output" | "module" | "operation";

export interface GraphData {
  title: string;
  nodes: NodeRow[];
  /** Rows of source and target. */
  edges: [number, number][];
}

/** Something to colour by, beyond parameters and MACs. */
export interface MeasureData {
  name: string;
  unit: string;
  log: boolean;
  /** What to say where it has no values: that they are on their way, or why there are none. */
  note: string;
  /** By arm, then by node. */
  values: Record<string, Record<string, number>>;
}

export interface ViewerData {
  mode: "viewer";
  /** By arm; with two of them, what differs is marked. */
  graphs: Record<string, GraphData>;
  /** Changes when the graphs do. */
  revision: string;
  measures: MeasureData[];
  /** Name of the measure to begin with; null: no colours. */
  colour_by: string | null;
  height: number;
}

export interface Clicked {
  arm: string;
  node: string;
}

export type ViewerState = { clicked: Clicked | null; coloured: string | null };
