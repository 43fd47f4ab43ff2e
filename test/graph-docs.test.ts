import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { verify } from "../src/driver/verify/verify.js";
import { sharedRuntime } from "./shared-runtime.js";

/** docs/graphs.md: each of its networks is right as it stands, and has its picture. */
const test = suite("docs: from blocks to graphs");
const runtime = sharedRuntime(test);

const page = readFileSync("docs/graphs.md", "utf8");

for (const file of readdirSync("docs/graphs").filter((name) => name.endsWith(".json"))) {
  const name = basename(file, ".json");

  test(`${name}: ONNX Runtime gives what the spec says`, async () => {
    const report = await verify(`docs/graphs/${file}`, { batches: [1], runtime: runtime() });
    assert.ok(report.ok, JSON.stringify(report, null, 1));
  });

  test(`${name} stands on the page, with its picture`, () => {
    assert.ok(page.includes(readFileSync(`docs/graphs/${file}`, "utf8").trimEnd()));
    assert.match(page, `(graphs/${name}.svg)`);
    // Each output is drawn.
    assert.match(readFileSync(`docs/graphs/${name}.svg`, "utf8"), /^<\?xml.*<svg.*>input<.*<\/svg>/s);
  });
}

test.run();
