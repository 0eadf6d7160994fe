// All kinds of blocks in their groups, with search: drag one onto the canvas, or press Enter to add it behind the
// chosen block.
import { useDraggable } from "@dnd-kit/core";
import { useState } from "react";

import type { GroupData, KindData } from "./data";

export function matching(groups: readonly GroupData[], query: string): GroupData[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map(({ title, kinds }) => ({
      title,
      kinds: kinds.filter((kind) =>
        words.every((word) => `${title} ${kind.title} ${kind.kind} ${kind.hint}`.toLowerCase().includes(word)),
      ),
    }))
    .filter(({ kinds }) => kinds.length > 0);
}

function ShelfItem({ kind, onAdd }: { kind: KindData; onAdd: (kind: string) => void }) {
  const { setNodeRef, listeners } = useDraggable({ id: `shelf/${kind.kind}`, data: { kind: kind.kind } });
  return (
    <button
      type="button"
      className="shelf-item"
      ref={setNodeRef}
      title={kind.hint}
      aria-roledescription="draggable block"
      data-testid={`shelf-${kind.kind}`}
      {...listeners}
      onClick={() => onAdd(kind.kind)}
    >
      {kind.title}
    </button>
  );
}

export function Shelf({ groups, onAdd }: { groups: readonly GroupData[]; onAdd: (kind: string) => void }) {
  const [query, setQuery] = useState("");
  const shown = matching(groups, query);
  return (
    <aside className="shelf" aria-label="Blocks">
      <input
        type="search"
        placeholder="Find a block"
        aria-label="Find a block"
        data-testid="shelf-search"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          event.stopPropagation();
          const first = shown[0]?.kinds[0];
          if (event.key === "Enter" && first) onAdd(first.kind);
        }}
      />
      <div className="shelf-groups">
        {shown.map(({ title, kinds }) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            {kinds.map((kind) => (
              <ShelfItem key={kind.kind} kind={kind} onAdd={onAdd} />
            ))}
          </section>
        ))}
        {shown.length === 0 && <p className="quiet">No such block.</p>}
      </div>
    </aside>
  );
}
