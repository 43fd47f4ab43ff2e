import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import stringWidth from "string-width";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTerminal } from "./pseudo-terminal.js";
import { ecagen } from "./run-cli.js";

/** Tables on a terminal: as wide as it is, with bars where there is room; the whole of them in pipes. */
const test = suite("cli: tables in a terminal");
let folder = "";
/** B0 with SE and with ECA, under names that are too long for a column wherever the checkout is. */
let [SE, ECA] = ["", ""];

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-tables-"));
  [SE, ECA] = ["b0-se", "b0-eca"].map((name) => {
    const file = join(folder, `${"a-long-name-".repeat(3)}${name}.json`);
    writeFileSync(file, JSON.stringify({ extends: name }));
    return file;
  }) as [string, string];
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** What a person sees; with the marks of colours in it where `printed` is taken. */
function seen(line: string, columns: number, env: Readonly<Record<string, string>> = {}) {
  return inTerminal(line, { columns, cwd: folder, env });
}

/** The lines of the text that a pipe gets. */
function piped(args: readonly string[]): readonly string[] {
  return ecagen(args).stdout.trimEnd().split("\n");
}

test("long cells are cut to the terminal's width, numbers are not, and no row is broken", async () => {
  const whole = piped(["diff", SE, ECA]);
  for (const columns of [70, 100]) {
    const { lines, code } = await seen(`ecagen diff ${SE} ${ECA}`, columns);
    assert.is(code, 0);
    const shown = lines.filter((line) => line !== "");
    assert.is(shown.length, whole.filter((line) => line !== "").length);
    for (const line of shown) assert.ok(stringWidth(line) <= columns, `${columns}: ${line}`);
    assert.ok(shown.some((line) => line.includes("…")));
    assert.ok(
      shown.some((line) => /^param\S* +5,288,548 +4,652,084 +-636,464 +-12.03 %$/.test(line)),
      shown.join("\n"),
    );
  }
});

test("at 80 columns rows that differ look different", async () => {
  const { lines } = await seen("ecagen diff b0-se b0-eca", 80);
  const places = lines.flatMap((line) => line.match(/\/stages\S+/) ?? []);
  assert.is(places.length, 16);
  assert.is(new Set(places).size, 16, places.join("\n"));
});

test("a terminal that does not say how wide it is gets whole lines", async () => {
  const { lines } = await seen("ecagen diff b0-se b0-eca", 0);
  assert.equal(
    lines.filter((line) => line !== ""),
    piped(["diff", "b0-se", "b0-eca"]).filter((line) => line !== ""),
  );
});

test("--wide shows all, as a pipe does", async () => {
  const whole = piped(["diff", SE, ECA]);
  const { lines } = await seen(`ecagen diff ${SE} ${ECA} --wide`, 70);
  assert.equal(
    lines.filter((line) => line !== ""),
    whole.filter((line) => line !== ""),
  );
  assert.not.match(whole.join("\n"), /…/);
  assert.equal(piped(["diff", SE, ECA, "--wide"]), whole);
});

test("a wide name takes the columns that it is shown in", async () => {
  const name = `${"網路".repeat(20)}.json`;
  writeFileSync(join(folder, name), JSON.stringify({ extends: "small" }));
  const { lines } = await seen(`ecagen stats ${name} ${SE}`, 100);
  const row = lines.find((line) => line.startsWith("網"));
  assert.match(row ?? "", /^(網路)+網?…\s+3×32×32/);
  assert.ok(stringWidth(row ?? "") <= 100, row);
});

const BARS = /[━╸]/;

test("stats has bars where there is room for them, the longest of the largest number", async () => {
  const { lines, printed } = await seen(`ecagen stats ${ECA}`, 130);
  const bars = lines.flatMap((line) => {
    const [, path = "", bar = ""] = /^(\/\S+).*?[\d,]+ {2}([━╸]+) +[\d,]+ {2}/.exec(line) ?? [];
    return path === "" ? [] : [[path, bar.length] as const];
  });
  assert.is(bars.length, 18, lines.join("\n"));
  const longest = bars.toSorted(([, a], [, b]) => b - a)[0];
  assert.is(longest?.[0], "/head");
  assert.not.match(lines.find((line) => line.startsWith("total")) ?? "total", BARS);
  assert.ok(printed.includes("\x1b[36m━"));
});

test("there are none without room, in pipes, in a terminal that can't; and NO_COLOR takes their colour", async () => {
  assert.not.match((await seen(`ecagen stats ${ECA}`, 95)).lines.join("\n"), BARS);
  assert.not.match(piped(["stats", ECA]).join("\n"), BARS);
  assert.not.match((await seen(`ecagen stats ${ECA}`, 130, { TERM: "dumb" })).lines.join("\n"), BARS);
  const plain = await seen(`ecagen stats ${ECA}`, 130, { NO_COLOR: "1" });
  assert.match(plain.lines.join("\n"), BARS);
  assert.not.ok(plain.printed.includes("\x1b["));
});

test.run();
