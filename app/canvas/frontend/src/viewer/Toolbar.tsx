// What is shown of the graph: depth, search, colours, size.
import { GRADIENT, type Measure, type Scale } from "./colour";
import { inUnits, short } from "../numbers";

interface ToolbarProps {
  depth: number;
  levels: number;
  onDepth: (depth: number) => void;
  query: string;
  onQuery: (query: string) => void;
  found: string;
  onNext: (by: 1 | -1) => void;
  measures: readonly Measure[];
  measure: Measure | null;
  scale: Scale | null;
  onMeasure: (name: string | null) => void;
}

function Legend({ measure, scale }: { measure: Measure; scale: Scale | null }) {
  if (!scale)
    return (
      <span className="legend" title={measure.note}>
        {measure.note || "nothing to colour"}
      </span>
    );
  return (
    <span className="legend" title={measure.log ? "logarithmic scale" : undefined}>
      {short(scale.low)}
      <span className="ramp" style={{ background: GRADIENT }} />
      {inUnits(scale.high, measure.unit)}
    </span>
  );
}

export function Toolbar(props: ToolbarProps) {
  const { measure, scale } = props;
  return (
    <div className="toolbar" role="toolbar" aria-label="What is shown of the graph">
      {props.levels > 1 && (
        <label title="How many levels of modules are open">
          <span>Depth</span>
          <input
            type="range"
            aria-label="Depth"
            min={0}
            max={props.levels - 1}
            value={props.depth}
            aria-valuetext={`${props.depth} of ${props.levels - 1} levels open`}
            data-testid="depth"
            onChange={(event) => props.onDepth(Number(event.target.value))}
          />
        </label>
      )}
      <label className="search" title="Find layers by name, type or setting">
        <span className="unseen">Find a layer</span>
        <input
          type="search"
          placeholder="Find a layer"
          value={props.query}
          data-testid="search"
          onChange={(event) => props.onQuery(event.target.value)}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Enter") props.onNext(event.shiftKey ? -1 : 1);
          }}
        />
        <output data-testid="found">{props.found}</output>
      </label>
      <label title="Fill each layer by a quantity">
        <span>Colour</span>
        <select
          aria-label="Colour"
          value={measure?.name ?? ""}
          data-testid="colour"
          onChange={(event) => props.onMeasure(event.target.value || null)}
        >
          <option value="">none</option>
          {props.measures.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <span className="legend-place">{measure && <Legend measure={measure} scale={scale} />}</span>
    </div>
  );
}
