import { instance } from "@viz-js/viz";

/** The picture that Graphviz draws of a text in its language, layer below layer (dot). */
export async function svgOf(dot: string): Promise<string> {
  const viz = await instance();
  return viz
    .renderString(dot, { format: "svg", engine: "dot" })
    .replaceAll('font-family="Courier,monospace"', `font-family="${FONTS}"`);
}

/** Fonts whose letters have the width of Courier's, which Graphviz knows, or less. */
const FONTS = "ui-monospace,Menlo,Consolas,Liberation Mono,DejaVu Sans Mono,monospace";
