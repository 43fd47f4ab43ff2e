import { suite } from "uvu";
import * as assert from "uvu/assert";
import { circlesOf } from "../../scripts/house/circles.js";
import { homesOfTypes, useCaseOf } from "../../scripts/house/findings.js";
import { sources } from "./sources.js";

/** The floor plan: no circles, no long files, one home for each type, use cases that don't know each other. */
const test = suite("structure: the house");

test("imports go in no circle, those of types neither", () => {
  assert.equal(
    circlesOf(sources).map((way) => way.join(" > ")),
    [],
  );
});

test("no file has more than 300 lines", () => {
  const long = sources.filter(({ lines }) => lines > 300);
  assert.equal(
    long.map(({ path, lines }) => `${path}: ${lines} lines`),
    [],
  );
});

test("each type has one home", () => {
  const twice = [...homesOfTypes(sources)].filter(([, homes]) => homes.length > 1);
  assert.equal(
    twice.map(([name, homes]) => `${name}: ${homes.join(", ")}`),
    [],
  );
});

test("no use case imports another", () => {
  const crossings = sources.flatMap(({ path, imports }) =>
    imports.flatMap((to) => {
      const [a, b] = [useCaseOf(path), useCaseOf(to)];
      const crosses = a !== undefined && b !== undefined && a !== b;
      return crosses ? [`${path} imports ${to}`] : [];
    }),
  );
  assert.equal(crossings, []);
});

test("in driver/ there are folders of use cases, and what the command line needs besides", () => {
  const files = sources.map(({ path }) => path).filter((path) => /^driver\/[^/]+$/.test(path));
  assert.equal(files, ["driver/command-line.ts"]);
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
