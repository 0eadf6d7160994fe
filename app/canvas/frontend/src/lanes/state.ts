// The lanes with the chip in hand, and what can happen to them.
import type { LaneData } from "./data";
import {
  type Arrow,
  type Chip,
  find,
  fromData,
  holds,
  insert,
  type Lanes,
  newChip,
  type Place,
  remove,
  step,
} from "./lanes";

/** The chip in hand: where it came from and where it would go. Null is the palette. */
export interface Grabbed {
  readonly chip: Chip;
  readonly from: Place | null;
  readonly to: Place | null;
  readonly by: "keyboard" | "pointer";
}

export interface State {
  readonly revision: string;
  readonly lanes: Lanes;
  readonly grabbed: Grabbed | null;
}

export type Action =
  | { type: "replace"; revision: string; lanes: readonly LaneData[] }
  | { type: "grab"; tweak: string; id: string | null; by: Grabbed["by"] }
  | { type: "aim"; to: Place | null }
  | { type: "step"; arrow: Arrow }
  | { type: "drop" }
  | { type: "cancel" }
  | { type: "remove"; id: string }
  | { type: "put"; tweak: string; lane: string }
  | { type: "shift"; id: string; by: -1 | 1 };

export function start(revision: string, lanes: readonly LaneData[]): State {
  return { revision, lanes: fromData(lanes), grabbed: null };
}

/** The lanes as they would be if the chip in hand were dropped now. */
export function shown({ lanes, grabbed }: State): Lanes {
  if (!grabbed) return lanes;
  return grabbed.to ? insert(lanes, grabbed.chip, grabbed.to) : remove(lanes, grabbed.chip.id);
}

export function reduce(state: State, action: Action): State {
  const { lanes, grabbed } = state;
  switch (action.type) {
    case "replace":
      return action.revision === state.revision ? state : start(action.revision, action.lanes);
    case "grab": {
      const from = action.id === null ? null : find(lanes, action.id);
      const chip = action.id !== null && from ? { id: action.id, tweak: action.tweak } : newChip(lanes, action.tweak);
      return { ...state, grabbed: { chip, from, to: from, by: action.by } };
    }
    case "aim":
      return grabbed && !samePlace(grabbed.to, action.to)
        ? { ...state, grabbed: { ...grabbed, to: action.to } }
        : state;
    case "step":
      if (!grabbed) return state;
      return reduce(state, { type: "aim", to: step(lanes, grabbed.chip, grabbed.to, action.arrow) });
    case "drop":
      return { ...state, lanes: shown(state), grabbed: null };
    case "cancel":
      return { ...state, grabbed: null };
    case "remove":
      return { ...state, lanes: remove(lanes, action.id), grabbed: null };
    case "put": {
      if (holds(lanes, action.lane, action.tweak)) return state;
      const end = { lane: action.lane, index: Number.POSITIVE_INFINITY };
      return { ...state, lanes: insert(lanes, newChip(lanes, action.tweak), end) };
    }
    case "shift": {
      const at = find(lanes, action.id);
      const lane = lanes.find(({ name }) => name === at?.lane);
      const chip = at && lane?.chips[at.index];
      const index = at ? at.index + action.by : 0;
      if (!at || !lane || !chip || index < 0 || index >= lane.chips.length) return state;
      return { ...state, lanes: insert(lanes, chip, { lane: at.lane, index }) };
    }
  }
}

const samePlace = (a: Place | null, b: Place | null): boolean => a?.lane === b?.lane && a?.index === b?.index;
