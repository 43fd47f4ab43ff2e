import { suite } from "uvu";
import * as assert from "uvu/assert";
import { roomOf } from "../../scripts/house/source-tree.js";
import { ROOMS } from "./rooms.js";
import { sources } from "./sources.js";

/** The packages that only one place may know. */
const HOME: Readonly<Record<string, string>> = {
  "onnx-proto": "onnx/file/proto.ts",
  protobufjs: "onnx/file/proto.ts",
  "onnxruntime-node": "runtime/worker.ts",
  yargs: "cli/",
  "jsonc-parser": "language/",
  "ts-morph": "codegen/typescript/",
  mustache: "codegen/user-templates/",
  "pure-rand": "base/random.ts",
  "@noble/hashes": "base/sha256.ts",
  minizlib: "files/tensors/unpacking.ts",
  "@viz-js/viz": "reports/graph/graphviz.ts",
  vega: "reports/charts/vega.ts",
  "vega-lite": "reports/charts/vega.ts",
  bullmq: "driver/sweep/queue/",
  ioredis: "driver/sweep/queue/",
  tinypool: "driver/sweep/pool.ts",
  "cli-progress": "cli/progress.ts",
  "string-width": "cli/",
  picocolors: "cli/colours.ts",
};

const test = suite("structure: layers");

interface Import {
  readonly from: string;
  readonly to: string;
}

const imports: readonly Import[] = sources.flatMap(({ path, imports }) =>
  imports.map((to) => ({ from: path, to })),
);

/** The imports that cross from one room into another, as `from > to`, with one file that has it. */
const crossings = new Map<string, string>(
  imports.flatMap(({ from, to }) => {
    const [a, b] = [roomOf(from), roomOf(to)];
    const crosses = a !== "" && a !== b && Object.hasOwn(ROOMS, b);
    return crosses ? [[`${a} > ${b}`, `${from} imports ${to}`] as const] : [];
  }),
);

test("there are imports to look at", () => {
  assert.ok(imports.length > 100);
});

test("every room is in the table, and every row is a room", () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)).filter((each) => each !== ""));
  assert.equal(Object.keys(ROOMS).sort(), [...rooms].sort());
});

test("the table names earlier rooms only, in its order", () => {
  const order = Object.keys(ROOMS);
  for (const [room, allowed] of Object.entries(ROOMS)) {
    const earlier = order.slice(0, order.indexOf(room));
    assert.equal(
      allowed,
      earlier.filter((each) => allowed.includes(each)),
      room,
    );
  }
});

test("rooms import only from the rooms that the table allows", () => {
  const allowed = Object.entries(ROOMS).flatMap(([room, others]) =>
    others.map((each) => `${room} > ${each}`),
  );
  const wrong = [...crossings].filter(([crossing]) => !allowed.includes(crossing));
  assert.equal(
    wrong.map(([, example]) => example),
    [],
  );
  const unused = allowed.filter((each) => !crossings.has(each));
  assert.equal(unused, [], "test/structure/rooms.ts allows what nothing does any more: take it out");
});

test("each special package is known in one place", () => {
  const wrong = imports.filter(({ from, to }) => {
    const home = Object.entries(HOME).find(([name]) => to === name || to.startsWith(`${name}/`))?.[1];
    return home !== undefined && !from.startsWith(home);
  });
  assert.equal(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test("all that is printed passes cli/print.ts, which makes visible what a terminal would obey", () => {
  // The bar of cli-progress writes by itself; its message is made visible where it is set. Generated programs print by themselves.
  const printing = sources
    .filter(({ text }) =>
      /process\.(stdout|stderr)\.write|process\[\w+\]\.write|(?<!["`])console\.\w+\(/.test(text),
    )
    .map(({ path }) => path);
  assert.equal(
    printing.filter((each) => each !== "codegen/typescript/readme.ts"),
    ["cli/print.ts"],
  );
});

test.run();
