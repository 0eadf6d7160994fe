// How large the graphs are drawn.
import type { ReactNode } from "react";

interface ZoomButtonsProps {
  onZoom: (factor: number) => void;
  onFitWidth: () => void;
  onFitAll: () => void;
  /** More buttons. */
  more: ReactNode;
}

export function ZoomButtons({ onZoom, onFitWidth, onFitAll, more }: ZoomButtonsProps) {
  return (
    <div className="zoom" role="toolbar" aria-label="Size">
      <button type="button" aria-label="Smaller" title="Smaller" onClick={() => onZoom(1 / 1.3)}>
        −
      </button>
      <button type="button" aria-label="Larger" title="Larger" onClick={() => onZoom(1.3)}>
        +
      </button>
      <button type="button" title="As wide as the pane" onClick={onFitWidth}>
        Width
      </button>
      <button type="button" title="The whole graph" onClick={onFitAll}>
        All
      </button>
      {more}
    </div>
  );
}
