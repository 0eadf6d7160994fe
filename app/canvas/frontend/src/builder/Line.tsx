// A line between two blocks.
import { BaseEdge, type Edge, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo } from "react";

import { stepped } from "./routes";

const REACH = 16; // pixels within which a line is hit

export type LineEdge = Edge<{ level: number | null }, "line">;

export const Line = memo(function Line(props: EdgeProps<LineEdge>) {
  const { sourceX, sourceY, targetX, targetY, data } = props;
  const level = data?.level ?? null;
  const path =
    level === null ? getBezierPath(props)[0] : stepped({ x: sourceX, y: sourceY }, { x: targetX, y: targetY }, level);
  return <BaseEdge id={props.id} path={path} interactionWidth={REACH} />;
});
