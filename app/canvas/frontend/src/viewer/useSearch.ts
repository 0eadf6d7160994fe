// Finding layers, in all graphs at once.
import { useMemo, useState } from "react";

import { search, type Trees } from "./tree";

export interface SearchModel {
  query: string;
  setQuery: (query: string) => void;
  /** By arm. */
  found: ReadonlyMap<string, ReadonlySet<string>>;
  /** How many, and which of them is looked at. */
  summary: string;
  /** The next one (or the one before); null: there is none. */
  next: (by: 1 | -1) => { arm: string; id: string } | null;
}

export function useSearch(trees: Trees): SearchModel {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState<number | null>(null);
  const hits = useMemo(
    () => [...trees].flatMap(([arm, tree]) => search(tree, query).map((id) => ({ arm, id }))),
    [trees, query],
  );
  const found = useMemo(
    () =>
      new Map(
        [...trees.keys()].map((arm) => [arm, new Set(hits.filter((hit) => hit.arm === arm).map(({ id }) => id))]),
      ),
    [trees, hits],
  );
  const summary = hits.length === 0 ? "none" : at === null ? `${hits.length}` : `${at + 1} of ${hits.length}`;
  return {
    query,
    setQuery: (text) => {
      setQuery(text);
      setAt(null);
    },
    found,
    summary: query.trim() === "" ? "" : summary,
    next: (by) => {
      if (hits.length === 0) return null;
      const index = at === null ? (by > 0 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length;
      setAt(index);
      return hits[index] ?? null;
    },
  };
}
