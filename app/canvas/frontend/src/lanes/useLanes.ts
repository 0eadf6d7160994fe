// The one place where the lanes change: every action goes through `act`, which also tells Python and the screen reader.
import { useCallback, useEffect, useRef, useState } from "react";

import { announce } from "./announce";
import type { LanesData, Placed } from "./data";
import { toData } from "./lanes";
import { type Action, reduce, start, type State } from "./state";

export interface LanesModel {
  state: State;
  said: string;
  act: (action: Action) => void;
  say: (sentence: string) => void;
}

export function useLanes(data: LanesData, onChange: (placed: Placed) => void): LanesModel {
  const [state, setState] = useState(() => start(data.revision, data.lanes));
  const [said, say] = useState("");
  const latest = useRef({ state, data, onChange });
  latest.current.data = data;
  latest.current.onChange = onChange;

  const act = useCallback((action: Action) => {
    const { state: before, data: now, onChange: tell } = latest.current;
    const after = reduce(before, action);
    latest.current.state = after;
    setState(after);
    const titleOf = (slug: string): string => now.palette.find((tweak) => tweak.slug === slug)?.title ?? slug;
    const sentence = announce(before, action, after, titleOf);
    if (sentence !== null) say(sentence);
    const changed = JSON.stringify(toData(before.lanes)) !== JSON.stringify(toData(after.lanes));
    if (changed && action.type !== "replace") tell({ revision: after.revision, lanes: toData(after.lanes) });
  }, []);

  useEffect(() => {
    act({ type: "replace", revision: data.revision, lanes: latest.current.data.lanes });
  }, [act, data.revision]);

  return { state, said, act, say };
}
