import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../../src/base/diagnostic.js";
import { compile } from "../../../src/driver/compile/compile.js";
import { diff } from "../../../src/driver/diff/diff.js";
import { explainKernels } from "../../../src/driver/explain/explain.js";
import { openReport, report } from "../../../src/driver/report/report.js";
import { stats } from "../../../src/driver/stats/stats.js";
import { ecagen } from "../../cli/run-cli.js";
import { rejectsError } from "../../throws.js";

const test = suite("driver: reports");
const [SE, ECA] = ["specs/b0-se.json", "specs/b0-eca.json"];
let folder = "";
const at = (name: string): string => join(folder, name);

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-report-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Networks with shared parameters, several outputs, no stages, no attention. */
const NETWORKS = [
  SE,
  ECA,
  "specs/retinanet-resnet50-fpn.json",
  "specs/unet-scse.json",
  "specs/ecapa-tdnn-512.json",
];

for (const file of NETWORKS) {
  test(`${file}: the costs of stages and shares add up to the network's`, () => {
    const { parameters, attentionParameters, macs } = stats(file);
    const [network] = openReport([file]).document.networks;
    const shares = network?.stages.flatMap((each) => Object.entries(each.shares)) ?? [];
    const sum = (key: "parameters" | "macs", of?: string): number =>
      shares
        .filter(([name]) => of === undefined || name === of)
        .reduce((total, [, costs]) => total + costs[key], 0);
    assert.equal([sum("parameters"), sum("macs")], [parameters, macs]);
    assert.is(sum("parameters", "attention"), attentionParameters);
  });
}

test("the classifier is the last layer, outside of stages, on one pixel", () => {
  const classifierOf = (file: string): number | undefined => {
    const stages = openReport([file]).document.networks[0]?.stages ?? [];
    return stages.reduce((sum, { shares }) => sum + shares.classifier.parameters, 0);
  };
  assert.is(classifierOf(SE), 1280 * 1000 + 1000);
  assert.is(classifierOf("specs/unet-scse.json"), 0);
  assert.is(classifierOf("specs/retinanet-resnet50-fpn.json"), 0);
});

test("stages stand in the order of the network, also those of a file", () => {
  for (const file of [SE, "test/data/onnx-reference/timm-efficientnet.onnx"]) {
    const stages = openReport([file]).document.networks[0]?.stages.map(({ stage }) => stage) ?? [];
    const numbered = stages.filter((stage) => stage.startsWith("stage "));
    assert.ok(numbered.length > 1, stages.join());
    assert.equal(numbered, numbered.toSorted());
    assert.equal([stages[0], stages.at(-1)], ["stem", "head"]);
  }
});

test("C and k of gates are those that explain has", () => {
  const gates = openReport([ECA]).document.networks[0]?.gates ?? [];
  const explained = explainKernels(ECA).gates;
  assert.equal(
    gates.map(({ at, channels, k, rule }) => ({ at, channels, k, rule })),
    explained.map(({ at, channels, k, rule }) => ({ at, channels, k, rule })),
  );
});

test("passes have what was before and after them", () => {
  const { passes } = openReport([ECA]).document.networks[0] ?? {};
  assert.equal(
    passes?.map(({ pass, changed, before, after }) => [
      pass,
      changed,
      before.attentionParameters,
      after.attentionParameters,
    ]),
    [["swap-attention{from=se,to=eca}", true, 636_540, 76]],
  );
});

test("several networks are compared as diff compares them, block by block", async () => {
  await compile("specs/small.json", { output: at("small.onnx") });
  const opened = openReport(["specs/small.json", at("small.onnx"), "specs/b0-se.json"]);
  const { warnings: _, ...other } = diff("specs/small.json", "specs/b0-se.json");
  assert.equal(opened.document.diffs[1], other);
  const [blocks] = opened.tables("blocks");
  const texts =
    blocks?.rows.map((row) => row.map((cell) => (typeof cell === "string" ? cell : cell.text))) ?? [];
  assert.is(texts.filter(([path]) => path === "/stages/6/blocks/0").length, 1);
  assert.is(texts.find(([path]) => path === "/stages/6/blocks/0")?.[3], "no block");
});

test("a file with folded BatchNorms is the network of its spec: no block differs", async () => {
  const { html } = await report(["specs/small.json", at("small.onnx")]);
  const blocks = /<section id="blocks"[\s\S]*?<\/section>/.exec(html)?.[0] ?? "";
  assert.match(blocks, "1,731");
  assert.match(blocks, "1,651");
  assert.not.match(blocks, /≠|class="[^"]*(?:differs|changed)/);
  assert.match(html, /the networks compute the same|The networks compute the same/);
  assert.match(html, /BatchNorms folded/);
});

test("B0's page has at most 300 kB, and the same bytes each time", async () => {
  const [one, two] = [await report([SE], { output: at("se.html") }), await report([SE])];
  assert.ok(one.html === two.html, "two pages of one network differ");
  assert.ok(readFileSync(at("se.html"), "utf8") === one.html);
  assert.ok(statSync(at("se.html")).size <= 300_000, `${statSync(at("se.html")).size}`);
  assert.not.match(one.html, /https?:\/\//);
});

test("the forms of its parts, in files and on standard output", () => {
  const printed = (...args: readonly string[]): string => {
    const { code, stdout, stderr } = ecagen(["report", ...args]);
    assert.is(code, 0, stderr);
    return stdout;
  };
  assert.match(printed(ECA, "--format", "md"), /\*\*Gates\*\*\n\n\| gate \|/);
  assert.match(printed(ECA, "--format", "csv"), /^block,type,attention,C,k,output,parameters,/);
  assert.match(
    printed(ECA, "--format", "csv", "--part", "gates"),
    /^gate,kind,C,k,rule of k,is,parameters\r\n/,
  );
  assert.match(printed(SE, ECA, "--format", "svg", "--part", "macs"), /^<svg.*b0-se\.json.*b0-eca\.json/s);
  assert.equal(JSON.parse(printed(SE, ECA, "--format", "json")), JSON.parse(printed(SE, ECA, "--json")));
  assert.match(printed(SE, "--title", "A <title>"), /<title>A &lt;title&gt;<\/title>/);
  assert.match(printed(SE, "-o", at("x.md"), "--format", "md"), /x\.md: [\d,]+ bytes/);
  assert.match(readFileSync(at("x.md"), "utf8"), /\*\*Summary\*\*/);
});

test("what is asked for in vain, or would write over what was read, is refused, and nothing is written", async () => {
  const refused = (args: readonly string[], what: RegExp): void => {
    const { code, stderr } = ecagen(["report", ...args]);
    assert.is(code, 2, args.join(" "));
    assert.match(stderr, what);
  };
  refused([ECA, "--format", "html", "--part", "gates"], /--format html has no part gates/);
  refused([ECA, "--format", "csv", "--part", "macs"], /there are summary, changes, blocks, gates, passes/);
  refused([ECA, "--bench", "--passes", "simplify"], /--bench times networks as they are/);
  refused([ECA, "missing.json", "no.json", "-o", at("never.html")], /missing\.json[\s\S]*no\.json/);
  assert.not.ok(statSync(at("never.html"), { throwIfNoEntry: false }));
  writeFileSync(at("own.json"), JSON.stringify({ extends: "small" }));
  await rejectsError(() => report([at("own.json")], { output: at("own.json") }), InputError, /own\.json/);
  assert.is(JSON.parse(readFileSync(at("own.json"), "utf8")).extends, "small");
});

test("--verify and --bench run, and are shown; what is not right is exit code 1", async () => {
  const { code, stderr } = ecagen([
    "report",
    "specs/small.json",
    "--verify",
    "--bench",
    "-o",
    at("ran.html"),
  ]);
  assert.is(code, 0, stderr);
  const html = readFileSync(at("ran.html"), "utf8");
  assert.match(html, /<section id="verification"[\s\S]*verified/);
  assert.match(html, /<section id="speed"[\s\S]*median ms/);
  writeFileSync(at("wrong.json"), JSON.stringify({ extends: "small", expect: { parameters: 1 } }));
  const wrong = ecagen(["report", at("wrong.json"), "--verify", "-o", at("wrong.html")]);
  assert.is(wrong.code, 1, wrong.stderr);
  assert.match(readFileSync(at("wrong.html"), "utf8"), /<section id="verification"[\s\S]*FAILED/);
});

test.run();
