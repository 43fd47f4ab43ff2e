import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { verify } from "../../src/driver/verify/verify.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: network");

const SPEC = {
  input: { height: 16, width: 16 },
  stem: { channels: 8 },
  stages: [{ block: "inverted-residual", channels: 8, expansion: 2, attention: "se" }],
  head: { classes: 4 },
};

/** The passes that must keep what is meant by a network with these. */
async function keepingOf(passes: string): Promise<readonly string[]> {
  return inTemporaryFolder((folder) => {
    const file = join(folder, "network.json");
    writeFileSync(file, JSON.stringify({ ...SPEC, passes: [passes] }));
    return specNetwork(file).keeping.map(({ pass }) => pass);
  });
}

test("what folds and tidies must keep what is meant, wherever it stands among passes that change the network", async () => {
  assert.equal(await keepingOf("fold-batch-norm,swap-attention{to=eca},simplify"), [
    "fold-batch-norm",
    "simplify",
  ]);
});

test("passes before new weights are a part of what is meant: the weights depend on them", async () => {
  assert.equal(await keepingOf("fold-batch-norm,stress-weights,simplify"), ["simplify"]);
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "network.json");
    writeFileSync(file, JSON.stringify({ ...SPEC, passes: ["fold-batch-norm,stress-weights,simplify"] }));
    const { comparisons } = await verify(file);
    assert.ok(comparisons.length > 0);
    assert.equal(
      comparisons.filter(({ ok }) => !ok),
      [],
    );
  });
});

test.run();
