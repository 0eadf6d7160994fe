// What the canvas says: aloud to a screen reader, and what the reader must know in sight for a while.
import { useCallback, useEffect, useState } from "react";

const READING = 6000; // milliseconds

export interface Sentence {
  readonly text: string;
  readonly shown: boolean;
}

export function useSaid() {
  const [said, setSaid] = useState<Sentence>({ text: "", shown: false });
  return {
    said,
    /** In sight too. */
    say: useCallback((text: string) => setSaid({ text, shown: true }), []),
    /** What can be seen anyway. */
    whisper: useCallback((text: string) => setSaid({ text, shown: false }), []),
  };
}

export function Said({ said }: { said: Sentence }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    setShown(said.shown);
    const timer = setTimeout(() => setShown(false), READING);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div className={shown ? "said" : "unseen"} role="status">
      {said.text}
    </div>
  );
}
