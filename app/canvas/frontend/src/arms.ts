// Colours of the arms (Okabe-Ito): A is blue and B is vermilion everywhere in archviz.
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"] as const;

export function armColour(number: number): string {
  return COLOURS[number % COLOURS.length] ?? COLOURS[0];
}
