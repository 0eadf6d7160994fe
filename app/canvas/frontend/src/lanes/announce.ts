// What a screen reader hears after each action.
import { find, holds, type Lanes } from "./lanes";
import { type Action, type Grabbed, shown, type State } from "./state";

type Title = (tweak: string) => string;

function where(lanes: Lanes, id: string): string {
  const place = find(lanes, id);
  const length = lanes.find(({ name }) => name === place?.lane)?.chips.length;
  return place ? `lane ${place.lane}, position ${place.index + 1} of ${length}` : "the palette";
}

function dropped({ chip, from }: Grabbed, lanes: Lanes, title: string): string {
  if (find(lanes, chip.id)) return `${title} dropped on ${where(lanes, chip.id)}.`;
  return from ? `${title} taken off lane ${from.lane}.` : `${title} stays in the palette.`;
}

/** Null: nothing to say. */
export function announce(before: State, action: Action, after: State, titleOf: Title): string | null {
  switch (action.type) {
    case "replace":
      return null;
    case "grab": {
      const title = titleOf(action.tweak);
      return action.by === "keyboard"
        ? `${title} picked up. Move it with the arrow keys, drop it with Space, cancel with Escape.`
        : `${title} picked up.`;
    }
    case "aim":
    case "step": {
      if (!after.grabbed || before.grabbed === after.grabbed) return null;
      const title = titleOf(after.grabbed.chip.tweak);
      return after.grabbed.to
        ? `${title}: ${where(shown(after), after.grabbed.chip.id)}.`
        : `${title}: the palette${after.grabbed.from ? ", dropping it here takes it off" : ""}.`;
    }
    case "drop":
      return before.grabbed ? dropped(before.grabbed, after.lanes, titleOf(before.grabbed.chip.tweak)) : null;
    case "cancel":
      return before.grabbed ? `Cancelled: ${titleOf(before.grabbed.chip.tweak)} is back where it was.` : null;
    case "remove": {
      const place = find(before.lanes, action.id);
      const chip = before.lanes.find(({ name }) => name === place?.lane)?.chips[place?.index ?? 0];
      return place && chip ? `${titleOf(chip.tweak)} taken off lane ${place.lane}.` : null;
    }
    case "put": {
      const title = titleOf(action.tweak);
      return holds(before.lanes, action.lane, action.tweak)
        ? `${title} is on lane ${action.lane} already.`
        : `${title} put on lane ${action.lane}.`;
    }
    case "shift":
      return before.lanes === after.lanes ? null : `Moved to ${where(after.lanes, action.id)}.`;
  }
}
