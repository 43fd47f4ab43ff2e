import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatDiagnostic, InputError } from "../../src/base/diagnostic.js";
import { loadSpec } from "../../src/files/spec-files.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** Specs with very many mistakes, or very long words: reading them and saying what is wrong takes time in proportion. */
const test = suite("spec: bombs");

const spec = {
  name: "n",
  input: { channels: 3, height: 32, width: 32 },
  stem: { channels: 8 },
  stages: [{ block: "conv-norm-act", kernel: 3, stride: 1, channels: 8 }] as readonly unknown[],
  head: { classes: 3 },
};
const many = <T>(n: number, item: (i: number) => T): readonly T[] =>
  Array.from({ length: n }, (_, i) => item(i));
const stages = (text: string): unknown => ({ ...spec, stages: [text] });
const keyed = (n: number, prefix: string, value: unknown): unknown =>
  Object.fromEntries(many(n, (i) => [`${prefix}${i}`, value]));
const layers = (channels: string): unknown => ({ layers: [{ layer: "conv", channels }] });

const BOMBS: Readonly<Record<string, (n: number) => unknown>> = {
  "flags of a block string that nobody knows": (n) => stages(`cn_r1_k3_s1_c16${"_xyz".repeat(n)}`),
  "flags that are given again": (n) => stages(`cn_r1_k3_s1_c16${"_skip".repeat(n)}`),
  "flags that are all different": (n) => stages(`cn_r1_k3_s1_c16_${many(n, (i) => `q${i}`).join("_")}`),
  "block strings": (n) => ({ ...spec, stages: many(n, () => "zz") }),
  keys: (n) => ({ ...spec, ...Object(keyed(n, "key", 1)) }),
  expectations: (n) => ({ ...spec, expect: keyed(n, "key", 1) }),
  labels: (n) => ({ ...spec, labels: many(n, () => 1) }),
  passes: (n) => ({ ...spec, passes: many(n, (i) => `nope${i}`) }),
  definitions: (n) => ({ ...spec, blocks: keyed(n, "b", layers("zz")) }),
  "a key that stands again": (n) => `{${many(n, () => '"name": "a"').join(",")}}`,
  "words that are no JSON": (n) => `{${"x ".repeat(n)}`,
  "a long block": (n) => ({ ...spec, stages: [{ block: "x".repeat(20 * n) }] }),
  "a long key": (n) => ({ ...spec, ["x".repeat(20 * n)]: 1 }),
  "long names of definitions": (n) => ({
    ...spec,
    blocks: { ["y".repeat(20 * n)]: layers("8") },
    stages: [{ block: "x".repeat(20 * n) }],
  }),
};

/** Milliseconds of the processor to read a spec and to print all that is wrong with it; the least of three. */
function timeOf(file: string, spec: unknown): number {
  writeFileSync(file, typeof spec === "string" ? spec : JSON.stringify(spec));
  const times = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    try {
      loadSpec(file);
      assert.unreachable("it is read");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      assert.ok(error.diagnostics.map(formatDiagnostic).length > 0);
    }
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

for (const [what, make] of Object.entries(BOMBS)) {
  test(what, () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "bomb.json");
      timeOf(file, make(100));
      // Four times as much takes four times as long, and sixteen times where each is compared with each.
      const [once, fourfold] = [timeOf(file, make(4000)), timeOf(file, make(16_000))];
      assert.ok(fourfold < 8 * once + 100, `${once.toFixed(0)} ms, then ${fourfold.toFixed(0)} ms`);
    }),
  );
}

test.run();
