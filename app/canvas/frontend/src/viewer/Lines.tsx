// All lines of a graph in one drawing, and the titles of open modules over them.
import { ViewportPortal } from "@xyflow/react";
import { useMemo } from "react";

import { curve } from "./curve";
import type { Layout } from "./layout";
import { HEADER } from "./size";
import type { Tree } from "./tree";

const TITLE_LEFT = 34; // behind the chevron

export function Lines({ arm, tree, layout }: { arm: string; tree: Tree; layout: Layout }) {
  const lines = useMemo(() => layout.routes.map(({ points }) => curve(points)), [layout]);
  const tip = `tip-${arm}`;
  return (
    <ViewportPortal>
      <svg className="lines" aria-hidden>
        <defs>
          <marker id={tip} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M1 1.2L7 4 1 6.8" />
          </marker>
        </defs>
        {lines.map((line) => (
          <path key={line} d={line} markerEnd={`url(#${tip})`} />
        ))}
        {layout.nodes.map(
          ({ id, x, y, open }) =>
            open && (
              <text key={id} x={x + TITLE_LEFT} y={y + HEADER / 2}>
                {tree.nodes.get(id)?.label}
              </text>
            ),
        )}
      </svg>
    </ViewportPortal>
  );
}
