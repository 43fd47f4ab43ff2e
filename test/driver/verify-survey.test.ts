import { basename } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasPythonModules } from "../../scripts/python.js";
import { exportPublished } from "../../scripts/torchvision/networks.js";
import type { Case } from "../../scripts/verify-survey/cases.js";
import { judgeMutant, mutantOfSpec } from "../../scripts/verify-survey/mutants.js";
import { startOnOneThread } from "../../scripts/verify-survey/one-thread.js";
import { verifySpec } from "../../scripts/verify-survey/specs.js";
import { summarize } from "../../scripts/verify-survey/summary.js";
import { verifyFile } from "../../scripts/verify-survey/verify-file.js";
import { skip } from "../skip.js";
import { inTemporaryFolder } from "../temporary-folder.js";

// A part of the survey of docs/verify-survey.md, with seeds that the whole of it has not.
const FIRST = 1_000_000;
const SPECS = 60;
const MUTANTS = 60;
const NETWORKS = ["mobilenet_v3_small", "squeezenet1_1", "mnasnet1_0"];

const test = suite("driver: survey of verify");
const runtime = await startOnOneThread();
test.after(() => runtime.close());

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => FIRST + i);

test("no random spec is called wrong, and few can't be told", async () => {
  await inTemporaryFolder(async (folder) => {
    const cases: Case[] = [];
    for (const seed of seeds(SPECS)) cases.push(await verifySpec(runtime, seed, folder));
    const { specs } = summarize(cases);
    assert.is(specs.wrong, 0, JSON.stringify(specs.exceptions));
    assert.ok(specs.undecided <= SPECS / 10, JSON.stringify(specs.exceptions));
    assert.ok((specs.largestRatio ?? Number.NaN) <= 10);
  });
});

test("files that were changed so that their outputs move by more than the tolerance are called wrong", async () => {
  await inTemporaryFolder(async (folder) => {
    const cases: Case[] = [];
    for (const seed of seeds(MUTANTS)) cases.push(...(await mutantOfSpec(runtime, seed, folder)));
    const { made, moved, failed, elsewhere, exceptions } = summarize(cases).mutants.specs;
    assert.ok(made >= MUTANTS * 0.9 && moved >= MUTANTS / 3, `${made} were made, ${moved} moved`);
    assert.is(failed, moved, JSON.stringify(exceptions));
    assert.ok(elsewhere.failed >= elsewhere.moved * 0.95, `${elsewhere.failed} of ${elsewhere.moved}`);
    assert.equal(exceptions, []);
  });
});

if (hasPythonModules("torchvision")) {
  test("networks of torchvision are called right, and changed ones wrong", async () => {
    const options = { seed: 1, batches: [1], runtime };
    await inTemporaryFolder(async (folder) => {
      const cases: Case[] = [];
      for (const name of NETWORKS) {
        const { files } = exportPublished(name, folder);
        assert.is(files.length, 3, name);
        for (const file of files) cases.push(await verifyFile(file, options));
        for (const [number, file] of files.slice(1).entries()) {
          const mutant = await judgeMutant(file, basename(file, ".onnx"), number, options);
          if (mutant !== undefined) cases.push(mutant);
        }
      }
      const { files, mutants } = summarize(cases);
      assert.is(files.right, NETWORKS.length * 3, JSON.stringify(files));
      assert.equal(mutants.networks.exceptions, []);
    });
  });
} else {
  skip("networks of torchvision, verified", "Python has no torchvision");
}

test.run();
