// What Python and the lanes tell each other; the twin of `app/canvas/lanes.py`.

export interface Tweak {
  slug: string;
  title: string;
  hint: string;
  /** Why it cannot be used on this architecture; null when it can. */
  reason: string | null;
}

export interface LaneData {
  name: string;
  tweaks: string[];
  /** What is wrong with this lane as it stands, in words; null when nothing is. */
  problem: string | null;
}

export interface LanesData {
  mode: "lanes";
  palette: Tweak[];
  lanes: LaneData[];
  /** The lanes belong to the reader until Python gives another revision; then they are replaced. */
  revision: string;
  /** Why nothing can be moved now; null when it can. */
  locked: string | null;
}

export interface Placed {
  revision: string;
  lanes: Record<string, string[]>;
}

export type LanesState = { placed: Placed };
