// All tweaks of the chapter. One that cannot be used here stays in the palette and says why.
import { useDraggable } from "@dnd-kit/core";
import { useId } from "react";

import type { Tweak } from "./data";
import type { ChipHandlers, ChipRef } from "./Lanes";

function PaletteChip({ tweak, locked, handlers }: { tweak: Tweak; locked: boolean; handlers: ChipHandlers }) {
  const chip: ChipRef = { tweak: tweak.slug, id: null };
  const off = locked || tweak.reason !== null;
  const { setNodeRef, listeners } = useDraggable({ id: `palette/${tweak.slug}`, data: chip, disabled: off });
  const description = useId();
  return (
    <li>
      <button
        type="button"
        className="chip"
        ref={setNodeRef}
        data-tweak={tweak.slug}
        data-testid={`tweak-${tweak.slug}`}
        aria-disabled={off}
        aria-roledescription="draggable tweak"
        aria-describedby={description}
        {...listeners}
        onKeyDown={(event) => handlers.onKey(event, chip)}
        onClick={(event) => handlers.onMenu(event.currentTarget, chip)}
        onPointerEnter={() => handlers.onPoint(tweak.slug)}
        onPointerLeave={() => handlers.onPoint(null)}
        onFocus={() => handlers.onPoint(tweak.slug)}
      >
        {tweak.title}
      </button>
      <span className="unseen" id={description}>
        {tweak.reason === null ? tweak.hint : `Cannot be used here: ${tweak.reason}`}
      </span>
    </li>
  );
}

interface PaletteProps {
  tweaks: Tweak[];
  locked: boolean;
  /** Whether the chip in hand would be taken off its lane here. */
  aimed: boolean;
  handlers: ChipHandlers;
}

export function Palette({ tweaks, locked, aimed, handlers }: PaletteProps) {
  return (
    <section className={`palette${aimed ? " aimed" : ""}`} data-palette data-testid="palette" aria-label="Tweaks">
      <h3>Tweaks</h3>
      <ul className="chips">
        {tweaks.map((tweak) => (
          <PaletteChip key={tweak.slug} tweak={tweak} locked={locked} handlers={handlers} />
        ))}
      </ul>
    </section>
  );
}
