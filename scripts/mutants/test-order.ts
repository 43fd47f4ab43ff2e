import { secondsOf } from "../test-batches.js";
import { type Imports, importers } from "./imports.js";

/** What checks the generated files. */
export const GENERATE = "scripts/generate.ts";

/**
 * The tests that load a file, likely ones first: those named after it or its folder, then by the number of imports
 * between, its own room's and quick ones earlier. The check of the generated files is the last.
 */
export function testsOf(imports: Imports, file: string): readonly string[] {
  const names = file
    .replace(/^src\//, "")
    .replace(/\.ts$/, "")
    .split("/");
  const mirrors = names.map((_, i) => `test/${names.slice(0, i + 1).join("/")}.test.ts`);
  const place = (test: string, distance: number): number => {
    const mirror = mirrors.indexOf(test);
    if (mirror >= 0) return mirror - mirrors.length;
    const otherRoom = test.startsWith(`test/${names[0]}/`) ? 0 : 1;
    return distance + otherRoom + Math.log2(secondsOf(test.replace(/^test\//, ""))) / 2;
  };
  const all = importers(imports, file);
  const tests = [...all]
    .filter(([each]) => each.endsWith(".test.ts"))
    .map(([test, distance]) => ({ test, place: place(test, distance) }))
    .sort((a, b) => a.place - b.place)
    .map(({ test }) => test);
  return all.has(GENERATE) ? [...tests, GENERATE] : tests;
}
