// One graph, or the graphs of two arms side by side that move together.
import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from "react";
import "@xyflow/react/dist/base.css";

import { armColour } from "../arms";
import { FullScreen } from "../FullScreen";
import { measuresOf, scaleOf } from "./colour";
import type { Clicked, ViewerData } from "./data";
import { sentence } from "./describe";
import { Pane } from "./Pane";
import { Toolbar } from "./Toolbar";
import { path, plant, related, type Trees } from "./tree";
import { useLook } from "./useLook";
import { useOpen } from "./useOpen";
import { useSearch } from "./useSearch";
import "./viewer.css";
import { walk } from "./walk";
import { ZoomButtons } from "./ZoomButtons";

interface ViewerProps {
  data: ViewerData;
  onClicked: (clicked: Clicked | null) => void;
  /** The measure that is wanted: some are made only then. */
  onColoured: (name: string | null) => void;
}

export function Viewer({ data, onClicked, onColoured }: ViewerProps) {
  // Python sends the graphs with every run of the page; only another revision is worth reading.
  const { revision } = data;
  const read = useRef<{ revision: string; trees: Trees; family: number } | null>(null);
  if (read.current?.revision !== revision) {
    const trees = new Map(Object.entries(data.graphs).map(([arm, graph]) => [arm, plant(graph)]));
    const before = read.current;
    const family = before === null ? 0 : before.family + (related(before.trees.values(), trees.values()) ? 0 : 1);
    read.current = { revision, trees, family };
  }
  return (
    <Graphs
      key={read.current.family}
      data={data}
      trees={read.current.trees}
      onClicked={onClicked}
      onColoured={onColoured}
    />
  );
}

function Graphs({ data, trees, onClicked, onColoured }: ViewerProps & { trees: Trees }) {
  const root = useRef<HTMLDivElement>(null);
  const panes = useRef<HTMLDivElement>(null);
  const opened = useOpen(trees);
  const look = useLook(panes, trees.size, opened);
  const finder = useSearch(trees);
  const [current, setCurrent] = useState<{ arm: string; id: string } | null>(null);
  const [clicked, setClicked] = useState<Clicked | null>(null);
  const [colourBy, setColourBy] = useState(data.colour_by);
  const [said, say] = useState("");
  const { open, layouts, placedOf } = opened;

  const given = JSON.stringify(data.measures); // sent anew with every run of the page, mostly the same
  const measures = useMemo(() => measuresOf(JSON.parse(given) as ViewerData["measures"]), [given]);
  const measure = measures.find(({ name }) => name === colourBy) ?? null;
  const scale = useMemo(() => {
    const closed = (arm: string): string[] =>
      (layouts.get(arm)?.nodes ?? []).filter((placed) => !placed.open).map(({ id }) => id);
    return measure && scaleOf(measure, trees, closed);
  }, [measure, trees, layouts]);

  const tell = (arm: string, id: string, now: ReadonlySet<string>): void => {
    const tree = trees.get(arm);
    const node = tree?.nodes.get(id);
    if (tree && node) say(sentence(tree, node, now));
  };

  const toggle = (arm: string, id: string): void => {
    const now = new Set(open);
    if (!now.delete(id)) now.add(id);
    look.hold(arm, id);
    opened.setOpen(now);
    tell(arm, id, now);
  };
  const latestToggle = useRef(toggle);
  latestToggle.current = toggle;
  const onToggle = useCallback((arm: string, id: string) => latestToggle.current(arm, id), []);

  const go = (arm: string, id: string): void => {
    const tree = trees.get(arm);
    if (!tree) return;
    setCurrent({ arm, id });
    tell(arm, id, open);
    const placed = placedOf(arm, id);
    if (placed) look.reveal(placed);
    else {
      look.hold(arm, id);
      opened.setOpen(new Set([...open, ...path(tree, id).slice(0, -1)]));
    }
  };

  const click = (arm: string, id: string | null): void => {
    const now = id === null ? null : { arm, node: id };
    if (now?.arm === clicked?.arm && now?.node === clicked?.node) return;
    setClicked(now);
    if (id !== null) setCurrent({ arm, id });
    onClicked(now);
  };

  const onKey = (arm: string, event: KeyboardEvent): void => {
    const tree = trees.get(arm);
    if (!tree || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = current && tree.nodes.has(current.id) ? current.id : null;
    const step = walk(tree, open, at, event.key);
    if (step?.type === "go") go(arm, step.id);
    else if (step) toggle(arm, step.id);
    else if (event.key === "Enter" && at !== null) click(arm, at);
    else if (event.key === "Escape") click(arm, null);
    else if (event.key === "+") look.zoom(1.3);
    else if (event.key === "-") look.zoom(1 / 1.3);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="viewer" ref={root} style={{ height: data.height }}>
      <Toolbar
        depth={opened.depth}
        levels={opened.levels}
        onDepth={(to) => {
          if (current) look.hold(current.arm, current.id);
          opened.openAllTo(to);
        }}
        query={finder.query}
        onQuery={finder.setQuery}
        found={finder.summary}
        onNext={(by) => {
          const hit = finder.next(by);
          if (hit) go(hit.arm, hit.id);
        }}
        measures={measures}
        measure={measure}
        scale={scale}
        onMeasure={(name) => {
          setColourBy(name);
          onColoured(name);
        }}
      />
      <div className="panes" ref={panes}>
        {[...trees].map(([arm, tree], number) => (
          <Pane
            key={arm}
            arm={arm}
            colour={trees.size > 1 ? armColour(number) : null}
            title={data.graphs[arm]?.title ?? arm}
            tree={tree}
            layout={layouts.get(arm)!}
            measure={measure}
            scale={scale}
            current={current?.id ?? null}
            clicked={clicked?.arm === arm ? clicked.node : null}
            found={finder.found.get(arm)!}
            viewport={look.view}
            onViewport={look.setView}
            onClick={click}
            onToggle={onToggle}
            onKey={onKey}
          />
        ))}
      </div>
      <ZoomButtons
        onZoom={look.zoom}
        onFitWidth={look.fitWidth}
        onFitAll={look.fitAll}
        more={<FullScreen of={root} />}
      />
      <div className="unseen" role="status">
        {said}
      </div>
    </div>
  );
}
