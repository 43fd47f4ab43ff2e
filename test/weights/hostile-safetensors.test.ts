import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { parseHeader } from "../../src/weights/formats/safetensors/header.js";
import { exactNumbers } from "../../src/weights/formats/tensor-source.js";
import { assertGrowsWithSize } from "../growth.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { largestRead } from "./spy-on-reads.js";

const test = suite("weights: hostile safetensors");

interface Verdict {
  readonly header: string;
  readonly dataBytes: number;
  readonly accepted: boolean;
}

/** What the reference implementation says of these headers, see test/python/safetensors_verdicts.py. */
const verdicts: readonly Verdict[] = JSON.parse(readFileSync("test/data/weights/verdicts.json", "utf8"));

/** What the reference reads and ecagen refuses, by the message. */
const STRICTER: readonly RegExp[] = [
  /must begin with \{/,
  /twice/,
  /unknown key/,
  /must be a list of whole numbers from 0 to 2\^53 - 1/,
  /is too large/,
  /an object must begin/,
];

test("what the reference refuses is refused; what it reads is read, or refused for a stricter rule", () => {
  assert.ok(verdicts.length > 250);
  let [read, stricter] = [0, 0];
  for (const { header, dataBytes, accepted } of verdicts) {
    const parsed = parseHeader(header, dataBytes);
    if ("header" in parsed) {
      assert.ok(accepted, header);
      read++;
    } else if (accepted) {
      assert.ok(
        STRICTER.some((rule) => rule.test(parsed.problems.join("\n"))),
        `${header}: ${parsed.problems}`,
      );
      stricter++;
    }
  }
  assert.equal([read, stricter], [59, 13]);
});

test("each kind of mistake is named, with the tensor", () => {
  const entry = (name: string, dtype: string, shape: string, offsets: string): string =>
    `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  for (const [entries, message] of [
    [[entry("t", "F32", "[2]", "[0,16]")], /"t": its data_offsets span 16 bytes, F32 of \[2\] has 8/],
    [[entry("t", "F32", "[2]", "[8,0]")], /"t": its data_offsets end at 0, before they begin at 8/],
    [[entry("t", "F32", "[-2]", "[0,8]")], /the shape of "t" must be a list of whole numbers/],
    [[entry("t", "F32", "[9007199254740992]", "[0,8]")], /the shape of "t" must be .* to 2\^53 - 1/],
    [[entry("t", "F32", "[4503599627370496]", "[0,8]")], /"t": F32 of \[4503599627370496\] is too large/],
    [[entry("t", "F31", "[2]", "[0,8]")], /"t": its dtype is "F31", known are BOOL/],
    [[entry("t", "F32", "[4]", "[0,16]")], /"t": its data ends at byte 16 of 8; the file may be cut short/],
    [
      [entry("t", "F32", "[1]", "[4,8]")],
      /"t": its data begins at byte 4; the 4 before it belong to no tensor/,
    ],
    [[entry("t", "F32", "[1]", "[0,4]")], /its last 4 bytes belong to no tensor/],
    [
      [entry("t", "F32", "[2]", "[0,8]"), entry("u", "F32", "[1]", "[4,8]")],
      /"u": its data begins at byte 4, inside of another tensor's, which ends at 8/,
    ],
    [[entry("t", "F32", "[2]", "[0,8]"), entry("t", "F32", "[2]", "[0,8]")], /has "t" twice/],
    [[entry("\\ud800", "F32", "[2]", "[0,8]")], /its name is no Unicode text/],
  ] as const) {
    const parsed = parseHeader(`{${entries.join(",")}}`, 8);
    assert.ok("problems" in parsed);
    assert.is(parsed.problems.length, 1);
    assert.match(parsed.problems[0] ?? "", message);
  }
});

test("all mistakes are listed, up to a number", () => {
  const wrong = Array.from({ length: 30 }, (_, i) => `"t${i}":{"dtype":"X","shape":[],"data_offsets":[0,1]}`);
  const parsed = parseHeader(`{${wrong.join(",")}}`, 0);
  assert.is("problems" in parsed && parsed.problems.length, 20);
});

test("a header of megabytes takes time by its length: deep nesting, long names, many tensors", () => {
  const parses = (outcome: "problems" | "header", bytes: number, textOf: (length: number) => string) => {
    return (length: number) => {
      const text = textOf(length);
      return () => assert.ok(outcome in parseHeader(text, bytes));
    };
  };
  const named = (name: string): string => `{"${name}":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`;
  const empty = (i: number): string => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`;
  const tensors = (length: number): string => `{${Array.from({ length }, (_, i) => empty(i)).join(",")}}`;
  assertGrowsWithSize(
    2e6,
    parses("problems", 0, (length) => `{"t":${"[".repeat(length)}`),
  );
  assertGrowsWithSize(
    5e5,
    parses("problems", 0, (length) => `{"${"\\".repeat(length)}`),
  );
  assertGrowsWithSize(
    2e6,
    parses("header", 8, (length) => named("a".repeat(length))),
  );
  assertGrowsWithSize(
    1e6,
    parses("header", 8, (length) => named("\\n".repeat(length))),
  );
  assertGrowsWithSize(1e4, parses("header", 0, tensors));
});

const LONG = 2n ** 53n;

/** A good file, and what may happen to it. */
const brokenFiles: fc.Arbitrary<{ readonly bytes: Uint8Array; readonly mustFail: boolean }> = fc
  .tuple(
    fc.array(fc.tuple(fc.string({ maxLength: 8 }), fc.array(fc.nat(3), { maxLength: 3 })), { maxLength: 4 }),
    fc.oneof(
      fc.record({ kind: fc.constant("cut" as const), part: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
      fc.record({ kind: fc.constant("grow" as const), by: fc.integer({ min: 1, max: 40 }) }),
      fc.record({
        kind: fc.constant("length" as const),
        length: fc.oneof(fc.bigInt(0n, 400n), fc.constantFrom(LONG - 1n, LONG, LONG + 1n, 2n ** 64n - 1n)),
      }),
      fc.record({
        kind: fc.constant("bytes" as const),
        at: fc.nat(),
        to: fc.uint8Array({ minLength: 1, maxLength: 6 }),
      }),
      fc.record({
        kind: fc.constant("number" as const),
        at: fc.nat(),
        to: fc.constantFrom(
          "-1",
          "0",
          "1",
          "7",
          "1e3",
          "1.5",
          `${LONG}`,
          `${LONG * LONG}`,
          "null",
          '"4"',
          "[1]",
        ),
      }),
      fc.record({
        kind: fc.constant("swap" as const),
        at: fc.nat(),
        to: fc.constantFrom("F64", "I64", "BF16", "F4", "X", ""),
      }),
    ),
  )
  .map(([tensors, harm]) => broken(new Map(tensors), harm));

type Harm =
  | { readonly kind: "cut"; readonly part: number }
  | { readonly kind: "grow"; readonly by: number }
  | { readonly kind: "length"; readonly length: bigint }
  | { readonly kind: "bytes"; readonly at: number; readonly to: Uint8Array }
  | { readonly kind: "number" | "swap"; readonly at: number; readonly to: string };

function broken(tensors: ReadonlyMap<string, readonly number[]>, harm: Harm) {
  let end = 0;
  const entries = [...tensors].map(([name, shape]) => {
    const begin = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: "F32", shape, data_offsets: [begin, end] }];
  });
  let json = JSON.stringify(Object.fromEntries(entries));
  const good = json;
  if (harm.kind === "number" || harm.kind === "swap") {
    const places = [...json.matchAll(harm.kind === "number" ? /(?<=[[,])\d+(?=[\],])/g : /F32/g)];
    const place = places[harm.at % Math.max(1, places.length)];
    if (place !== undefined) {
      json = json.slice(0, place.index) + harm.to + json.slice(place.index + place[0].length);
    }
  }
  const header = Buffer.from(json);
  const length = harm.kind === "length" ? harm.length : BigInt(header.length);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length);
  let bytes = Buffer.concat([prefix, header, Buffer.alloc(end)]);
  if (harm.kind === "cut") bytes = bytes.subarray(0, Math.floor(harm.part * bytes.length));
  if (harm.kind === "grow") bytes = Buffer.concat([bytes, Buffer.alloc(harm.by)]);
  if (harm.kind === "bytes") bytes.set(harm.to, harm.at % Math.max(1, bytes.length - harm.to.length));
  // A whole number in the place of another one can be right: the 3 of [3, 0].
  const noNumber = harm.kind === "number" && json !== good && !/^[017]$/.test(harm.to);
  const otherLength = length !== BigInt(header.length);
  const mustFail = harm.kind === "cut" || harm.kind === "grow" || otherLength || noNumber;
  return { bytes: new Uint8Array(bytes), mustFail };
}

test("hundreds of broken files: a diagnostic with a hint, no memory beyond the file's size", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "broken.safetensors");
    let refused = 0;
    fc.assert(
      fc.property(brokenFiles, ({ bytes, mustFail }) => {
        writeFileSync(file, bytes);
        let problem: unknown;
        const largest = largestRead(() => {
          try {
            const source = openTensors(file);
            for (const tensor of source.tensors.values()) {
              if (tensor.dtype !== "F4")
                exactNumbers(tensor, file).copyTo(
                  new Float64Array(1).subarray(tensor.byteLength === 0 ? 1 : 0),
                  0,
                );
            }
            source.close();
          } catch (error) {
            problem = error;
          }
        });
        assert.ok(largest <= bytes.length, `read ${largest} of ${bytes.length} bytes`);
        if (mustFail) assert.ok(problem, "a broken file was read");
        if (problem === undefined) return;
        assert.instance(problem, InputError);
        refused++;
        for (const { message, hint } of (problem as InputError).diagnostics) {
          assert.ok(hint, message);
          assert.ok(message.includes("broken.safetensors"), message);
        }
      }),
      { numRuns: 600, seed: 4 },
    );
    assert.ok(refused > 300, `only ${refused} were refused`);
  }));

test("a header of endless entries is refused", () => {
  const entries = Array.from({ length: 1_000_001 }, (_, i) => `"${i}":""`).join(",");
  const parsed = parseHeader(`{"__metadata__":{${entries}}}`, 0);
  assert.match("problems" in parsed ? parsed.problems.join() : "", /more than 1000000 entries/);
});

test.run();
