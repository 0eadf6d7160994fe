// One parameter in its block: typed text counts once it is a value within the bounds.
import { type ChangeEvent, useEffect, useState } from "react";

import type { ParameterSchema, Value } from "./data";
import { type Field, fieldOf } from "./schema";

interface ParameterFieldProps {
  id: string;
  name: string;
  schema: ParameterSchema;
  value: Value;
  onSet: (value: Value) => void;
}

const textOf = (value: Value): string => (value === null ? "" : String(value));

function valueOf(field: Field, text: string): Value {
  if (text === "" && field.kind !== "text") return null;
  if (field.kind === "number") return Number(text);
  return field.kind === "choice" ? (field.options.find((option) => String(option) === text) ?? text) : text;
}

export function ParameterField({ id, name, schema, value, onSet }: ParameterFieldProps) {
  const field = fieldOf(schema);
  const [text, setText] = useState(textOf(value));
  useEffect(() => setText(textOf(value)), [value]);
  if (!field) return null;
  const refused = field.kind === "switch" ? null : field.refuse(valueOf(field, text));
  const shared = {
    className: "nodrag nowheel",
    "data-testid": `parameter-${id}-${name}`,
    "aria-invalid": refused !== null,
    "aria-description": field.help,
    title: refused ?? field.help,
  };
  const onChange = (event: ChangeEvent<HTMLInputElement | HTMLSelectElement>): void => {
    setText(event.target.value);
    const next = valueOf(field, event.target.value);
    if (field.refuse(next) === null) onSet(next);
  };
  return (
    <label className="parameter" title={refused ?? field.help}>
      <span>{name.replaceAll("_", " ")}</span>
      {field.kind === "switch" && (
        <input {...shared} type="checkbox" checked={value === true} onChange={(event) => onSet(event.target.checked)} />
      )}
      {field.kind === "choice" && (
        <select {...shared} value={text} onChange={onChange}>
          {field.optional && <option value="">none</option>}
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      )}
      {(field.kind === "number" || field.kind === "text") && (
        <input
          {...shared}
          type={field.kind === "number" ? "number" : "text"}
          step={field.whole ? 1 : "any"}
          min={field.least}
          max={field.most}
          value={text}
          placeholder={field.optional ? "none" : ""}
          onChange={onChange}
          onBlur={() => setText(textOf(value))}
        />
      )}
      {refused !== null && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
    </label>
  );
}
