import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specNetwork } from "../src/given/spec-file.js";
import { printGraph } from "../src/ir/print.js";
import { lower } from "../src/networks/export.js";
import { ROOMS } from "./structure/rooms.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/** What docs/architecture.md and docs/glossary.md say is so. */
const test = suite("docs: architecture and glossary");

const page = readFileSync("docs/architecture.md", "utf8");
const glossary = readFileSync("docs/glossary.md", "utf8");

test("the rooms are those of the layering, in its order, with the same imports", () => {
  const [, section = ""] = page.split(/^## Rooms$/m);
  const rows = [...section.matchAll(/^\| `([\w-]+)\/` \| .+ \| (.+) \|$/gm)].map(
    ([, room = "", imports = ""]) => [room, imports === "nothing" ? [] : imports.split(", ")],
  );
  assert.equal(rows, Object.entries(ROOMS));
});

for (const [name, text] of [
  ["architecture.md", page],
  ["glossary.md", glossary],
] as const) {
  test(`${name} names files and folders that are there`, () => {
    const paths = [...text.matchAll(/\b(?:src|templates|scripts|test|docs)\/[\w./-]*\w/g)].map(
      ([path]) => path,
    );
    assert.ok(paths.length > 10);
    assert.equal(
      paths.filter((path) => !existsSync(path)),
      [],
    );
  });
}

test("every step in the life of a gate has a file", () => {
  const [, section = ""] = page.split(/^## The life of one gate$/m);
  const steps = [...section.matchAll(/^\| (\d+) \| `([^`]+)` \| .+ \|$/gm)];
  assert.ok(steps.length > 8);
  steps.forEach(([, number, file = ""], i) => {
    assert.is(Number(number), i + 1);
    assert.ok(existsSync(file), file);
  });
});

test("the example's IR is what it is compiled to", async () => {
  const [, spec = ""] = /^```json one\.json\n(.*?)^```$/ms.exec(page) ?? [];
  const network = await inTemporaryFolder((folder) => {
    writeFileSync(join(folder, "one.json"), spec);
    return specNetwork(join(folder, "one.json"));
  });
  const { graph } = lower(network, {});
  const printed = [network.graph, graph].map(printGraph).join("\n").split("\n");
  const shown = [...page.matchAll(/^```ir\n(.*?)^```$/gms)].flatMap(([, text = ""]) =>
    text.trim().split("\n"),
  );
  assert.ok(shown.length > 1);
  for (const line of shown)
    assert.ok(printed.includes(`  ${line}`), `${line}\nis not in\n${printed.join("\n")}`);
  const picture = page.slice(page.indexOf('Graph "one"'), page.indexOf("└─ outputs"));
  const kinds = network.graph.ops.map(({ kind }) => kind);
  for (const kind of kinds) assert.match(picture, ` ${kind} `);
});

test("the glossary's types stand in the files that it names", () => {
  const homes = [...glossary.matchAll(/\| `(\w+)`, `(src\/[\w./-]+\.ts)` \|$/gm)];
  assert.ok(homes.length > 20);
  assert.equal(
    homes.flatMap(([, name = "", file = ""]) =>
      new RegExp(`^export .*\\b${name}\\b`, "m").test(readFileSync(file, "utf8")) ? [] : `${name} in ${file}`,
    ),
    [],
  );
});

test("the glossary says each word once, in the order of the alphabet", () => {
  const words = [...glossary.matchAll(/^\| \*\*(.+?)\*\* \|/gm)].map(([, word = ""]) => word);
  assert.ok(words.length > 20);
  assert.equal(
    words,
    [...new Set(words)].sort((a, b) => a.localeCompare(b, "en")),
  );
});

test.run();
