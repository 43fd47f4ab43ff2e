import type { MapSource } from "../../language/resolved-part.js";
import { type Literal, literal, type Python, printPython, pythonString, verbatim } from "./python.js";

/** Where a map is: a word for the input and those of the stem, stage and block, or a name of the neck's. */
export function sourceOf(after: MapSource): Python {
  const words = sourceWords(after);
  if (typeof words === "string") return verbatim(pythonString(words));
  return verbatim(`(${words.map((word) => printPython(literal(word))).join(", ")})`);
}

/** The same for rows of tables. */
export function sourceWords(map: MapSource): string | readonly Literal[] {
  if (typeof map === "string") return map;
  return "neck" in map ? ["neck", map.neck] : [map.stage, map.index];
}
