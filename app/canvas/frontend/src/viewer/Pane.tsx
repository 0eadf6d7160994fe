// The graph of one arm, in a pane that pans and zooms.
import { MiniMap, ReactFlow, ReactFlowProvider, type Viewport } from "@xyflow/react";
import { type CSSProperties, type KeyboardEvent, useMemo, useState } from "react";

import { type Measure, type Scale, shade } from "./colour";
import { tooltip } from "./describe";
import type { Layout } from "./layout";
import { Lines } from "./Lines";
import { type Card, NodeCard } from "./NodeCard";
import { differs, type Tree } from "./tree";
import { MAX_ZOOM, MIN_ZOOM } from "../viewport";

const nodeTypes = { card: NodeCard };
const MAP = { width: 90, height: 170 }; // most graphs are tall
const LARGE = 60; // nodes, from which on a small map helps

export interface PaneProps {
  arm: string;
  colour: string | null;
  title: string;
  tree: Tree;
  layout: Layout;
  measure: Measure | null;
  scale: Scale | null;
  /** Under the keyboard. */
  current: string | null;
  clicked: string | null;
  found: ReadonlySet<string>;
  viewport: Viewport;
  onViewport: (viewport: Viewport) => void;
  onClick: (arm: string, id: string | null) => void;
  onToggle: (arm: string, id: string) => void;
  onKey: (arm: string, event: KeyboardEvent) => void;
}

function useCards({ arm, tree, layout, measure, scale, current, clicked, found, onToggle }: PaneProps): Card[] {
  return useMemo(() => {
    const toggle = (id: string): void => onToggle(arm, id);
    return layout.nodes.flatMap((placed): Card[] => {
      const node = tree.nodes.get(placed.id);
      if (!node) return [];
      const value = placed.open ? undefined : measure?.of(arm, node);
      const colours = scale && value !== undefined ? shade(scale.share(value)) : null;
      const marks = [node.id === current && "current", node.id === clicked && "clicked", found.has(node.id) && "found"];
      return [
        {
          id: node.id,
          type: "card",
          position: { x: placed.x, y: placed.y },
          width: placed.width,
          height: placed.height,
          handles: [], // none to be measured: lines are drawn below
          zIndex: placed.open ? 0 : 2,
          data: {
            node,
            open: placed.open,
            differs: placed.open ? node.changed : differs(tree, node.id),
            fill: colours?.fill ?? null,
            text: colours?.text ?? null,
            title: tooltip(node, arm, measure),
            marks: marks.filter(Boolean).join(" "),
            toggle,
          },
        },
      ];
    });
  }, [arm, tree, layout, measure, scale, current, clicked, found, onToggle]);
}

export function Pane(props: PaneProps) {
  const { arm, colour, title, tree, layout, viewport, onViewport, onClick, onKey } = props;
  const [focused, setFocused] = useState(false);
  const cards = useCards(props);
  return (
    <div
      className="pane"
      style={{ "--arm": colour ?? "var(--st-primary-color)" } as CSSProperties}
      role="application"
      aria-roledescription="graph"
      aria-label={`${title}. Arrow keys move, right opens and left closes a module, Enter chooses.`}
      tabIndex={0}
      data-testid={`pane-${arm}`}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      onKeyDown={(event) => onKey(arm, event)}
    >
      <p className="pane-title">
        {colour !== null && <span className="badge">{arm}</span>}
        {title}
      </p>
      <ReactFlowProvider>
        <ReactFlow
          nodes={cards}
          edges={NO_EDGES}
          nodeTypes={nodeTypes}
          viewport={viewport}
          onViewportChange={onViewport}
          minZoom={MIN_ZOOM}
          maxZoom={MAX_ZOOM}
          onlyRenderVisibleElements
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnDoubleClick={false}
          // The wheel scrolls the page until the pane was clicked; with Ctrl it zooms.
          panOnScroll={focused}
          zoomOnScroll={false}
          preventScrolling={focused}
          onNodeClick={(_, node) => onClick(arm, node.id)}
          onNodeDoubleClick={(_, node) => node.data.node.children.length > 0 && node.data.toggle(node.id)}
          onPaneClick={() => onClick(arm, null)}
        >
          <Lines arm={arm} tree={tree} layout={layout} />
          {cards.length > LARGE && <MiniMap pannable zoomable className="map" style={MAP} ariaLabel={null} />}
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}

const NO_EDGES: never[] = [];
