// Entry: Streamlit calls the default export on mount and again on every change of data.
import type { FrontendRenderer } from "@streamlit/component-v2-lib";
import type { ReactElement } from "react";
import { createRoot, type Root } from "react-dom/client";

import { Builder } from "./builder/Builder";
import type { BuilderData, BuilderState } from "./builder/data";
import { Lanes } from "./lanes/Lanes";
import type { LanesData, LanesState } from "./lanes/data";
import { Viewer } from "./viewer/Viewer";
import type { ViewerData, ViewerState } from "./viewer/data";
import "./canvas.css";

type Data = LanesData | ViewerData | BuilderData;
type State = LanesState & ViewerState & BuilderState;

const roots = new WeakMap<HTMLElement | ShadowRoot, Root>();

function rootOf(host: HTMLElement | ShadowRoot): Root {
  const known = roots.get(host);
  if (known) return known;
  const element = document.createElement("div");
  element.className = "canvas";
  host.appendChild(element);
  const root = createRoot(element);
  roots.set(host, root);
  return root;
}

function view(data: Data, setState: (name: keyof State, value: State[keyof State]) => void): ReactElement {
  switch (data.mode) {
    case "lanes":
      return <Lanes data={data} onChange={(placed) => setState("placed", placed)} />;
    case "viewer":
      return (
        <Viewer
          data={data}
          onClicked={(clicked) => setState("clicked", clicked)}
          onColoured={(name) => setState("coloured", name)}
        />
      );
    case "builder":
      return <Builder data={data} onChange={(designed) => setState("designed", designed)} />;
  }
}

const render: FrontendRenderer<State, Data> = ({ data, parentElement, setStateValue }) => {
  rootOf(parentElement).render(view(data, setStateValue));
  return () => {
    const root = roots.get(parentElement);
    roots.delete(parentElement);
    setTimeout(() => root?.unmount(), 0); // not while React is still rendering
  };
};

export default render;
