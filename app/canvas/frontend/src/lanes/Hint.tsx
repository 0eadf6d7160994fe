// One line of fixed height under the palette: what the chip under the pointer does, or why it cannot be used.
import type { Tweak } from "./data";

function keys(lanes: readonly string[]): string {
  const letters = lanes.map((name) => name.toLowerCase());
  return letters.length > 1 ? `${letters.slice(0, -1).join(", ")} or ${letters.at(-1)}` : (letters[0] ?? "");
}

export function Hint({
  tweak,
  locked,
  lanes,
}: {
  tweak: Tweak | undefined;
  locked: string | null;
  lanes: readonly string[];
}) {
  if (locked !== null)
    return (
      <p className="hint" data-testid="hint">
        {locked}
      </p>
    );
  if (tweak?.reason != null) {
    return (
      <p className="hint" data-testid="hint">
        <strong>{tweak.title}</strong> cannot be used here: {tweak.reason}
      </p>
    );
  }
  if (tweak) {
    return (
      <p className="hint" data-testid="hint">
        <strong>{tweak.title}</strong> {tweak.hint}
      </p>
    );
  }
  return (
    <p className="hint quiet" data-testid="hint">
      Drag a tweak onto a lane, or click it. Keys: Space picks up, {keys(lanes)} puts it on that lane, Delete takes it
      off.
    </p>
  );
}
