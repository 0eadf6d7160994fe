// What stood on this tab's canvas before the page was loaded anew or another design was opened.
import type { Design } from "./data";
import { fromText, toText } from "./clipboard";
import type { Kinds } from "./design";

const PLACE = "archviz.design";

/** Where the browser allows it; a full or forbidden store is no reason to stop. */
export function keep(design: Design, store: Storage | undefined = storage()): void {
  try {
    if (design.blocks.length > 0) store?.setItem(PLACE, toText(design));
  } catch {
    return;
  }
}

/** Null: nothing, or what stands there now. */
export function former(now: Design, kinds: Kinds, store: Storage | undefined = storage()): Design | null {
  const text = store?.getItem(PLACE) ?? null;
  if (text === null || text === toText(now)) return null;
  const found = fromText(text, kinds);
  return found && !alike(found, now) ? found : null;
}

const bare = ({ blocks, wires }: Design): string =>
  JSON.stringify([blocks.map(({ id, kind, parameters }) => [id, kind, parameters]), wires]);
const alike = (one: Design, other: Design): boolean => bare(one) === bare(other);

function storage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
