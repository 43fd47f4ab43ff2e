import { suite } from "uvu";
import * as assert from "uvu/assert";
import { circlesOf } from "../../scripts/house/circles.js";
import { homesOfTypes, useCaseOf } from "../../scripts/house/findings.js";
import { sources } from "./sources.js";

/**
 * The floor plan: no circles, no long files, one home for each type, use cases that don't know each other. What the tree does not meet yet
 * is listed; a list fails when a line of it is no longer needed.
 */

const CIRCLES: readonly string[] = [];

const LONG_FILES: readonly string[] = [];

/** Type names with two homes. */
const TWICE: readonly string[] = [];

const BETWEEN_USE_CASES: readonly string[] = [];

const test = suite("structure: the house");

/** What is found and not in the list, and what is in the list and no longer found, each with the words that help. */
function assertOnly(found: ReadonlyMap<string, string>, listed: readonly string[]): void {
  const added = [...found].flatMap(([each, help]) => (listed.includes(each) ? [] : `${each}${help}`));
  assert.equal(added, []);
  const gone = listed.filter((each) => !found.has(each));
  assert.equal(gone, [], "these are mended: take them out of the list in test/structure/house.test.ts");
}

test("imports go in no circle, those of types neither", () => {
  assertOnly(new Map(circlesOf(sources).map((way) => [way.join(" > "), ""])), CIRCLES);
});

test("no file has more than 300 lines", () => {
  const long = sources.filter(({ lines }) => lines > 300);
  assertOnly(new Map(long.map(({ path, lines }) => [path, `: ${lines} lines`])), LONG_FILES);
});

test("each type has one home", () => {
  const twice = [...homesOfTypes(sources)].filter(([, homes]) => homes.length > 1);
  assertOnly(new Map(twice.map(([name, homes]) => [name, `: ${homes.join(", ")}`])), TWICE);
});

test("no use case imports another", () => {
  const crossings = sources.flatMap(({ path, imports }) =>
    imports.flatMap((to) => {
      const [a, b] = [useCaseOf(path), useCaseOf(to)];
      const crosses = a !== undefined && b !== undefined && a !== b;
      return crosses ? [[`${a} > ${b}`, `: ${path} imports ${to}`] as const] : [];
    }),
  );
  assertOnly(new Map(crossings), BETWEEN_USE_CASES);
});

test("in driver/ there are folders of use cases, and what the command line needs besides", () => {
  assertOnly(
    new Map(sources.filter(({ path }) => /^driver\/[^/]+$/.test(path)).map(({ path }) => [path, ""])),
    ["driver/command-line.ts"],
  );
});

const file = (path: string, imports: readonly string[], types: readonly string[] = []) => ({
  ...{ path, text: "", lines: 1, imports, types },
});

test("a circle is found, with the shortest way around it", () => {
  const circle = [file("a.ts", ["b.ts"]), file("b.ts", ["c.ts", "a.ts"]), file("c.ts", ["a.ts"])];
  assert.equal(circlesOf(circle), [["a.ts", "b.ts", "a.ts"]]);
  const two = [
    file("a.ts", ["b.ts", "c.ts"]),
    file("b.ts", ["a.ts"]),
    file("c.ts", ["d.ts"]),
    file("d.ts", ["c.ts"]),
  ];
  assert.is(circlesOf(two).length, 2);
  assert.equal(circlesOf([file("a.ts", ["a.ts"])]), [["a.ts", "a.ts"]]);
  assert.equal(circlesOf([file("a.ts", ["b.ts", "c.ts"]), file("b.ts", ["c.ts"]), file("c.ts", [])]), []);
});

test("a type with two homes is found", () => {
  const two = [file("a.ts", [], ["T", "U"]), file("b.ts", [], ["T"])];
  assert.equal(
    [...homesOfTypes(two)],
    [
      ["T", ["a.ts", "b.ts"]],
      ["U", ["a.ts"]],
    ],
  );
});

test.run();
