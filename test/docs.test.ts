import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rewrite } from "../src/driver/rewrite/rewrite.js";
import { stats } from "../src/driver/stats/stats.js";
import { ATTENTION_TYPES } from "../src/ir/attention/modules.js";
import { claimsIn } from "./claims.js";
import { ecagen } from "./cli/run-cli.js";

/** What the documentation shows and counts is what a reader gets. */
const test = suite("documentation");

const pages = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);

interface Example {
  readonly page: string;
  readonly command: readonly string[];
  /** What it prints, as far as it is shown. */
  readonly lines: readonly string[];
}

/** Commands with what they print below, in one indented block. */
function examplesOf(page: string): readonly Example[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^ {4}(?:npx )?ecagen (.+)\n\n((?: {4}.*\n|\n(?= {4}))+)/gm)].map(
    ([, command = "", shown = ""]) => ({
      page,
      command: command.split(" "),
      lines: shown
        .split("\n")
        .map((line) => line.slice(4).trimEnd())
        .filter((line) => line !== "" && line !== "…"),
    }),
  );
}

const examples = pages.flatMap(examplesOf);

/** Specs that a page has in full, by the names that it gives them. */
function filesOf(page: string): ReadonlyMap<string, string> {
  const blocks = readFileSync(page, "utf8").matchAll(/^```json (\S+)\n(.*?)^```/gms);
  return new Map([...blocks].map(([, name = "", text = ""]) => [name, text]));
}

let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-docs-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

for (const { page, command, lines } of examples) {
  test(`${page}: ecagen ${command.join(" ")} prints what is shown`, () => {
    const files = filesOf(page);
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    const { code, stdout, stderr } = ecagen(
      command.map((word) => (files.has(word) ? join(folder, word) : word)),
    );
    assert.is(code, 0, stderr);
    const printed = stdout.split("\n").map((line) => line.trimEnd());
    for (const line of lines) assert.ok(printed.includes(line), `${line}\nis not in\n${stdout}`);
  });
}

test("there are examples", () => {
  assert.equal(
    examples.map(({ page }) => page),
    ["README.md", "docs/blocks.md", "docs/insert.md", "docs/onnx-files.md", "docs/rewrite.md"],
  );
});

test("README: the kinds of gates are counted", () => {
  assert.match(readFileSync("README.md", "utf8"), /Twenty kinds of attention/);
  assert.is(ATTENTION_TYPES.length, 20);
});

test("README and attention.md: the numbers of EfficientNet-B0", () => {
  const [se, all, eca] = claimsIn(
    "README.md",
    /costs EfficientNet-B0 ([\d,]+) of its ([\d,]+) parameters. Efficient Channel Attention \(ECA\) needs (\d+)./,
  );
  const { parameters, attentionParameters } = stats("specs/b0-se.json");
  assert.equal([attentionParameters, parameters], [se, all]);
  assert.is(stats("specs/b0-eca.json").attentionParameters, eca);
});

test("the README's picture: the numbers of the first gate and of all", () => {
  const picture = readFileSync("docs/pictures/swap.svg", "utf8");
  for (const name of ["b0-se", "b0-eca"]) {
    const { attentionParameters, blocks } = stats(name);
    const first = blocks.find(({ attention }) => attention.length > 0);
    assert.match(picture, `>${first?.attentionParameters}<`);
    assert.match(picture, `attention.${first?.attention[0]}`);
    assert.match(picture, attentionParameters.toLocaleString("en"));
  }
});

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

test("every link to a section of a page leads to one", () => {
  const anchors = new Map(
    pages.map((page) => {
      const text = readFileSync(page, "utf8").replaceAll(/^```.*?^```/gms, "");
      return [page, new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading)))];
    }),
  );
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\(([\w./-]*)#([^)\s]+)\)/g)]
      .filter(([, to = "", anchor = ""]) => {
        const target = to === "" ? page : posix.join(posix.dirname(page), to);
        return anchors.get(target)?.has(anchor) === false;
      })
      .map(([link]) => `${page}: ${link}`),
  );
  assert.equal([...new Set(broken)], []);
});

const REWRITTEN: Readonly<Record<string, string>> = {
  "SENet's SE-ResNet-20, opset 11": "senet-se-resnet20",
  "timm's EfficientNet, opset 13": "timm-efficientnet",
  "timm's SE-ResNet, opset 16": "timm-seresnet",
  "torchvision's MobileNetV3-small, opset 14": "torchvision-mobilenetv3-small-w25",
};

test("rewrite.md: gates and parameters before and after the swap", async () => {
  for (const [name, file] of Object.entries(REWRITTEN)) {
    const row = new RegExp(`\\| ${name} \\| (\\d+) \\| ([\\d,]+) \\| ([\\d,]+) \\|`);
    const [gates, before, after] = claimsIn("docs/rewrite.md", row);
    const path = `test/data/onnx-reference/${file}.onnx`;
    const report = await rewrite(path, { swaps: ["se=eca"] });
    assert.equal([report.raised.length, stats(path).parameters, report.parameters], [gates, before, after]);
  }
});

test.run();
