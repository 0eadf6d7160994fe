// The lane of one arm with its chips, first to last as they are applied.
import { useDraggable } from "@dnd-kit/core";
import type { CSSProperties } from "react";

import { armColour } from "../arms";
import type { Tweak } from "./data";
import type { Chip, Lane } from "./lanes";
import type { ChipHandlers } from "./Lanes";
import type { Grabbed } from "./state";

interface LaneChipProps {
  chip: Chip;
  title: string;
  lane: Lane;
  position: number;
  held: boolean;
  locked: boolean;
  handlers: ChipHandlers;
}

function LaneChip({ chip, title, lane, position, held, locked, handlers }: LaneChipProps) {
  const { setNodeRef, listeners } = useDraggable({
    id: chip.id,
    data: { tweak: chip.tweak, id: chip.id },
    disabled: locked,
  });
  const ordered = lane.chips.length > 1;
  return (
    <li className={`chip placed${held ? " held" : ""}`}>
      <button
        type="button"
        className="chip-body"
        ref={setNodeRef}
        data-chip={chip.id}
        data-testid={`chip-${lane.name}-${chip.tweak}`}
        aria-disabled={locked}
        aria-roledescription="draggable tweak"
        aria-label={`${title}, lane ${lane.name}, position ${position + 1} of ${lane.chips.length}`}
        {...listeners}
        onKeyDown={(event) => handlers.onKey(event, chip)}
        onClick={(event) => handlers.onMenu(event.currentTarget, chip)}
        onPointerEnter={() => handlers.onPoint(chip.tweak)}
        onPointerLeave={() => handlers.onPoint(null)}
        onFocus={() => handlers.onPoint(chip.tweak)}
      >
        {ordered && (
          <span className="order" aria-hidden>
            {position + 1}
          </span>
        )}
        {title}
      </button>
      <button
        type="button"
        className="chip-off"
        disabled={locked}
        aria-label={`Take ${title} off lane ${lane.name}`}
        title="Take off"
        onClick={() => handlers.onRemove(chip.id)}
      >
        <svg viewBox="0 0 10 10" aria-hidden>
          <path d="M2 2l6 6M8 2l-6 6" />
        </svg>
      </button>
    </li>
  );
}

interface LaneRowProps {
  lane: Lane;
  number: number;
  problem: string | null;
  tweaks: ReadonlyMap<string, Tweak>;
  grabbed: Grabbed | null;
  locked: boolean;
  handlers: ChipHandlers;
}

export function LaneRow({ lane, number, problem, tweaks, grabbed, locked, handlers }: LaneRowProps) {
  const aimed = grabbed?.to?.lane === lane.name;
  const style = { "--arm": armColour(number) } as CSSProperties;
  const baseline = number === 0;
  return (
    <section
      className={`lane${aimed ? " aimed" : ""}`}
      style={style}
      data-lane={lane.name}
      data-testid={`lane-${lane.name}`}
      aria-label={`Lane ${lane.name}${baseline ? ", the baseline" : ""}`}
    >
      <h3>
        <span className="badge">{lane.name}</span>
        {baseline ? "baseline" : "variant"}
      </h3>
      {lane.chips.length > 0 ? (
        <ol className="chips">
          {lane.chips.map((chip, position) => (
            <LaneChip
              key={chip.id}
              chip={chip}
              title={tweaks.get(chip.tweak)?.title ?? chip.tweak}
              lane={lane}
              position={position}
              held={grabbed?.chip.id === chip.id}
              locked={locked}
              handlers={handlers}
            />
          ))}
        </ol>
      ) : (
        <p className="empty">{baseline ? "as it is" : "Drag a tweak here"}</p>
      )}
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
