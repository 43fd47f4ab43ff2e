import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { compareRow, type PaperRow, paperTables, shippedNetworks } from "../../src/driver/tables/tables.js";
import { ecagen } from "../cli/run-cli.js";
import { throwsError } from "../throws.js";

const test = suite("driver: paper tables");
const report = paperTables();
const rows: readonly (PaperRow & { readonly paper: string })[] = report.papers.flatMap(({ name, tables }) =>
  tables.flatMap((table) => table.rows.map((row) => ({ ...row, paper: name }))),
);

for (const row of rows) {
  const { paper, network, measure, published } = row;
  test(`${paper}, ${network}, ${measure}: ${published}`, () => {
    if (row.agrees === null) {
      assert.ok((row.reason ?? "").length > 10, "says why it isn't asserted");
      assert.is.not(row.printed, published, "a value that agrees is to be asserted");
    } else {
      assert.ok(row.agrees, `ours is ${row.printed} (${row.exact})`);
      assert.is(row.reason, null);
    }
  });
}

/** Exact values under the papers' numbers, of timm, of thop and of the papers' definitions. */
const EXACT: readonly (readonly [paper: string, network: string, measure: string, exact: number])[] = [
  ["senet", "SE, r = 2", "parameters", 45699240],
  ["senet", "SE, r = 4", "parameters", 35635688],
  ["senet", "SE, r = 8", "parameters", 30603912],
  ["senet", "SE, r = 16", "parameters", 28088024],
  ["senet", "SE, r = 32", "parameters", 26830080],
  ["senet", "SE in stage 2 (conv2_x)", "parameters", 25582424],
  ["senet", "SE in stage 2 (conv2_x)", "operations", 3857997824],
  ["senet", "SE in stage 3 (conv3_x)", "parameters", 25690280],
  ["senet", "SE in stage 4 (conv4_x)", "parameters", 26349992],
  ["senet", "SE-3x3", "parameters", 25718228],
  ["senet", "SE-3x3", "operations", 3858130432],
  ["senet", "NoSqueeze", "operations", 4269015040],
  ["eca-net", "SE-Var3", "attentionParameters", 20119552],
  ["eca-net", "SE-GC, G = C/16 groups", "attentionParameters", 241664],
  ["eca-net", "ECA-Net101, k = 3, 3, 5, 7", "parameters", 44549317],
  ["eca-net", "ECA-Net152, k = 3, 3, 5, 7", "parameters", 60193042],
  ["eca-net", "ECA-MobileNetV2, k = 1 or 3", "parameters", 3504903],
  ["eca-net", "ECA-Net50, k = 3, 5, 5, 7", "addedOperations", 5620736],
];

for (const [paper, network, measure, exact] of EXACT) {
  test(`${paper}, ${network}: exactly ${exact} ${measure}`, () => {
    const found = rows.filter(
      (row) => row.paper === paper && row.network === network && row.measure === measure,
    );
    assert.equal(
      found.map((row) => row.exact),
      [exact],
    );
  });
}

test("what can't be reconciled counts as no success", () => {
  const open = rows.filter(({ agrees }) => agrees === null);
  assert.is(report.notAsserted, open.length);
  assert.is(report.agreeing, rows.length - open.length);
  assert.is(report.disagreeing, 0);
  for (const published of ["4.7e-4 G", "57.41 M", "66,560,000"]) {
    assert.ok(
      open.some((row) => row.published === published),
      published,
    );
  }
});

test("a value that is not ours disagrees", () => {
  const compare = (published: Parameters<typeof compareRow>[0]["published"], against?: string) =>
    compareRow(
      { network: "B0", spec: "b0-eca", ...(against === undefined ? {} : { against }), published },
      "efficientnet",
      shippedNetworks(),
    ).map(({ agrees }) => agrees);
  assert.equal(compare({ parameters: "4.7 M", operations: "0.39 B" }), [true, true]);
  assert.equal(compare({ parameters: "4.6 M", operations: "0.40 B" }), [false, false]);
  assert.equal(compare({ attentionParameters: "77" }), [false]);
  assert.equal(compare({ attentionParameters: { formula: "k", factor: 3, power: 0 } }), [false]);
  assert.equal(compare({ parametersChange: "< 1 %" }, "b0-none"), [true]);
  assert.equal(compare({ parametersChange: "-13 %" }, "b0-se"), [false]);
  assert.equal(compare({ operationsChange: "< 1 %" }, "small"), [false]);
});

test("an unknown paper gets a hint", () => {
  throwsError(() => paperTables("sente"), InputError, /there are no tables of "sente"/, {
    code: "tables/paper",
    hint: /did you mean "senet"/,
  });
});

test("the command prints text, Markdown and JSON", () => {
  const text = ecagen(["tables", "senet"]);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /NoSqueeze +operations +4\.27 G +4\.27 G +4,269,015,040 +yes/);
  const markdown = ecagen(["tables", "senet", "--markdown"]);
  assert.match(
    markdown.stdout,
    /\| NoSqueeze \| operations \| 4\.27 G \| 4\.27 G \| 4,269,015,040 \| yes \| /,
  );
  const { papers, disagreeing } = JSON.parse(ecagen(["tables", "senet", "--json"]).stdout) as typeof report;
  assert.equal([papers.map(({ name }) => name), disagreeing], [["senet"], 0]);
  const unknown = ecagen(["tables", "sent"]);
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, 'did you mean "senet"');
});

test.run();
