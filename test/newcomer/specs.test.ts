import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParseError, parse } from "jsonc-parser";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stats } from "../../src/driver/stats/stats.js";
import { shardOf, sweep } from "../../src/driver/sweep/sweep.js";
import { type Fenced, fencedBlocks, PAGES } from "./pages.js";

/** Every JSON block of the pages is a spec that is valid and meets what it expects, or a part of something else that is checked here. */
const test = suite("newcomer: specs");

let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-specs-"));
  cpSync("docs/graphs", folder, { recursive: true });
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const blocks = PAGES.flatMap(fencedBlocks).filter(({ language }) => /^jsonc?$/.test(language));

/** The counts of a spec as it stands on its page; the page's other named files lie beside it. */
function countsOf({ page, name, text }: Fenced): ReturnType<typeof stats> {
  for (const other of fencedBlocks(page))
    if (/^\w[\w-]*\.json$/.test(other.name)) writeFileSync(join(folder, other.name), other.text);
  const file = join(folder, name === "" ? "unnamed.json" : name);
  writeFileSync(file, text);
  return stats(file);
}

/** Blocks that are no whole specs, by a key that they have: the part of `names` stands in this network. */
const NAMED = {
  name: "named",
  blocks: {
    rung: {
      layers: [{ layer: "conv", channels: "channels" }, { layer: "attention" }],
      shortcut: [{ layer: "conv", channels: "channels", activation: "none" }],
    },
  },
  attention: { type: "se", ratio: 0.25 },
  stem: { channels: 8 },
  stages: [{ block: "rung", repeat: 2, channels: 16 }],
};

for (const [i, block] of blocks.entries()) {
  const { page, language, text } = block;
  test(`${page}, JSON block ${i + 1}`, async () => {
    const errors: ParseError[] = [];
    const value = parse(text, errors, { allowTrailingComma: false, disallowComments: language === "json" });
    assert.equal(errors, []);
    if ("axes" in value) {
      // A tenth of the sweep's variants.
      const file = join(folder, "sweep.json");
      writeFileSync(file, text);
      const { variants, errors } = await sweep(file, { shard: shardOf("1/10") });
      assert.ok(variants > 0);
      assert.is(errors, 0);
    } else if ("status" in value) {
      // A row of its results.
      const { base, passes, parameters, macs } = value;
      const counted = stats(base, { passes });
      assert.equal([counted.parameters, counted.macs], [parameters, macs]);
    } else if ("stages" in value || "extends" in value) {
      const { expectations } = countsOf(block);
      assert.ok(
        expectations.every(({ ok }) => ok),
        JSON.stringify(expectations),
      );
    } else if ("names" in value) {
      assert.ok(countsOf({ ...block, text: JSON.stringify({ ...NAMED, ...value }) }).parameters > 0);
    } else {
      // A map of names: regular expressions with what stands for them.
      for (const [pattern, replacement] of Object.entries(value)) {
        assert.instance(new RegExp(pattern), RegExp);
        assert.type(replacement, "string");
      }
    }
  });
}

test("there are blocks, and one that is wrong is seen", () => {
  assert.ok(blocks.length > 10);
  const [first] = blocks.filter(({ text }) => text.includes('"expect"'));
  assert.ok(first);
  const wrong = first.text.replace(/"parameters": (\d+)/, '"parameters": 1');
  assert.not(
    countsOf({ ...first, text: wrong.replaceAll(/\/\/.*$/gm, "") }).expectations.every(({ ok }) => ok),
  );
});

test.run();
