// From JSON schema to the field that edits a parameter, with its bounds.
import type { ParameterSchema, Value } from "./data";

export type FieldKind = "number" | "switch" | "choice" | "text";

export interface Field {
  readonly kind: FieldKind;
  readonly whole: boolean;
  /** Whether it may be left empty. */
  readonly optional: boolean;
  readonly options: readonly (string | number)[];
  readonly help: string;
  /** Both ends, as far as there are any. */
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** Why a value cannot be taken; null when it can. */
  readonly refuse: (value: Value) => string | null;
}

/** Null: not something that is edited in a field, such as a nested part. */
export function fieldOf(schema: ParameterSchema): Field | null {
  const optional = schema.anyOf?.some(({ type }) => type === "null") ?? false;
  const inner = schema.anyOf?.find(({ type }) => type !== "null") ?? schema;
  const shared = {
    whole: inner.type === "integer",
    optional,
    options: inner.enum ?? [],
    help: [schema.description ?? "", boundsOf(inner)].filter(Boolean).join(" "),
    least: inner.minimum ?? inner.exclusiveMinimum,
    most: inner.maximum ?? inner.exclusiveMaximum,
  };
  const orEmpty =
    (refuse: (value: Value) => string | null) =>
    (value: Value): string | null =>
      value === null ? (optional ? null : "Give a value.") : refuse(value);
  if (inner.enum)
    return {
      ...shared,
      kind: "choice",
      refuse: orEmpty((value) =>
        inner.enum?.includes(value as string) ? null : `Choose one of ${inner.enum?.join(", ")}.`,
      ),
    };
  switch (inner.type) {
    case "integer":
    case "number":
      return { ...shared, kind: "number", refuse: orEmpty((value) => outside(inner, value)) };
    case "boolean":
      return {
        ...shared,
        kind: "switch",
        refuse: orEmpty((value) => (typeof value === "boolean" ? null : "Give yes or no.")),
      };
    case "string":
      return {
        ...shared,
        kind: "text",
        refuse: orEmpty((value) => (typeof value === "string" ? null : "Give a text.")),
      };
    default:
      return null;
  }
}

/** The bounds in words, for the help. */
function boundsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: ParameterSchema): string {
  const least = minimum !== undefined ? `at least ${minimum}` : "";
  const more = exclusiveMinimum !== undefined ? `more than ${exclusiveMinimum}` : least;
  const most = maximum !== undefined ? `at most ${maximum}` : "";
  const less = exclusiveMaximum !== undefined ? `less than ${exclusiveMaximum}` : most;
  const both = [more, less].filter(Boolean).join(", ");
  return both && `(${both})`;
}

function outside(
  { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: ParameterSchema,
  value: Value,
): string | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return "Give a number.";
  if (type === "integer" && !Number.isInteger(value)) return "Give a whole number.";
  if (minimum !== undefined && value < minimum) return `At least ${minimum}.`;
  if (maximum !== undefined && value > maximum) return `At most ${maximum}.`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `More than ${exclusiveMinimum}.`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `Less than ${exclusiveMaximum}.`;
  return null;
}
