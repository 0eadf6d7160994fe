// A view on the whole screen, for a lecture.
import { type RefObject, useEffect, useState } from "react";

export function FullScreen({ of }: { of: RefObject<HTMLElement | null> }) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const look = (): void => {
      const root = of.current?.getRootNode() as Document | ShadowRoot | undefined;
      setFull(root?.fullscreenElement === of.current && of.current !== null);
    };
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, [of]);
  if (!document.fullscreenEnabled) return null;
  return (
    <button
      type="button"
      title={full ? "Back to the page (Escape)" : "On the whole screen"}
      aria-label="Full screen"
      aria-pressed={full}
      data-testid="full-screen"
      onClick={() => void (full ? document.exitFullscreen() : of.current?.requestFullscreen())}
    >
      <svg viewBox="0 0 12 12" aria-hidden>
        <path
          d={
            full
              ? "M4.5 1v3.5H1M7.5 1v3.5H11M4.5 11V7.5H1M7.5 11V7.5H11"
              : "M1 4.5V1h3.5M7.5 1H11v3.5M11 7.5V11H7.5M4.5 11H1V7.5"
          }
        />
      </svg>
    </button>
  );
}
