// What every block on the canvas needs, so that it does not travel through each block's data.
import { createContext } from "react";

import type { Frame, Repair, Status, Value } from "./data";
import type { Kinds } from "./design";

export interface Workshop {
  kinds: Kinds;
  statusOf: (id: string) => Status | undefined;
  /** Whether the statuses are those of an older design. */
  stale: boolean;
  set: (id: string, name: string, value: Value) => void;
  setGroup: (id: string, changes: Partial<Frame>) => void;
  fold: (id: string, folded: boolean) => void;
  ungroup: (id: string) => void;
  /** Choose all blocks of a group. */
  choose: (id: string) => void;
  repair: (repairs: readonly Repair[]) => void;
}

export const WorkshopContext = createContext<Workshop | null>(null);
