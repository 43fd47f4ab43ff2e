import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { exactNumbers } from "../../src/weights/formats/tensor-source.js";
import { readPickle } from "../../src/weights/formats/torch/pickle.js";
import { PickleProblem } from "../../src/weights/formats/torch/pickle-values.js";
import { assertGrowsWithSize } from "../growth.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";
import { largestRead } from "./spy-on-reads.js";

const test = suite("weights: hostile archives");

/** Opens a file and reads all of it; gives what is wrong. Anything but a diagnostic is thrown on. */
function problemsOf(file: string): readonly string[] {
  try {
    const source = openTensors(file);
    try {
      for (const tensor of source.tensors.values()) {
        const numbers = exactNumbers(tensor, file);
        numbers.copyTo(new Float64Array(Math.min(numbers.length, 1000)), 0);
      }
    } finally {
      source.close();
    }
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map(({ message, hint }) => {
      assert.ok(hint !== undefined || /can't convert|no float32|can't be read/.test(message), message);
      return message;
    });
  }
}

for (const name of ["arrays.npz", "compressed.npz", "fortran.npy", "state.pt", "checkpoint.pth"]) {
  test(`${name} with some bytes changed or cut off: read, or refused with a diagnostic`, () =>
    inTemporaryFolder((folder) => {
      const good = readFileSync(`test/data/weights/${name}`);
      const file = join(folder, name);
      let refused = 0;
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
          fc.option(fc.nat(good.length - 1), { freq: 4 }),
          (changes, cut) => {
            const bytes = Buffer.from(good);
            for (const [at, to] of changes) bytes[at] = to;
            writeFileSync(file, cut === null ? bytes : bytes.subarray(0, cut));
            const largest = largestRead(() => {
              if (problemsOf(file).length > 0) refused++;
            });
            // What is deflated has a limit of its own, see the zip bombs below.
            assert.ok(
              largest <= (name === "compressed.npz" ? 1 << 16 : bytes.length),
              `${largest} bytes at once`,
            );
          },
        ),
        { numRuns: 200, seed: 4 },
      );
      assert.ok(refused > 40, `only ${refused} of 200`);
    }));
}

interface Part {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** Said of the size in place of the truth. */
  readonly claims?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly localName?: string;
  /** Fields of the directory's entry beside the usual ones. */
  readonly extra?: Buffer;
}

/** A zip archive by hand, so that it can lie. */
function zip(parts: readonly Part[], change: (end: Buffer) => void = () => undefined): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    content,
    deflate = false,
    claims,
    crc,
    method,
    flags = 0,
    localName = name,
    extra,
  } of parts) {
    const packed = deflate ? deflateRawSync(content) : content;
    const size = claims ?? content.length;
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(localName.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method ?? (deflate ? 8 : 0), 10);
    entry.writeUInt32LE(crc ?? crc32(content), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    entry.writeUInt16LE(extra?.length ?? 0, 30);
    locals.push(head, Buffer.from(localName), Buffer.from(packed));
    directory.push(entry, Buffer.from(name), extra ?? Buffer.alloc(0));
    offset += head.length + localName.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  change(end);
  return Buffer.concat([...locals, ...directory, end]);
}

/** An .npy file of so many float32 zeros. */
function npy(
  elements: number,
  header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${elements},), }`,
): Buffer {
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${header}\n`, "latin1");
  head.writeUInt16LE(header.length + 1, 8);
  return Buffer.concat([head, Buffer.alloc(4 * elements)]);
}

/** A field of an entry's: its number, and its content. */
function extraField(id: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(content.length, 2);
  return Buffer.concat([head, content]);
}

/** The zip64 field with a size. */
function wideSize(size: number): Buffer {
  const content = Buffer.alloc(8);
  content.writeBigUInt64LE(BigInt(size));
  return extraField(1, content);
}

const w: Part = { name: "w.npy", content: npy(100) };

/** What Info-ZIP adds: when a file was changed. */
const changed = extraField(0x5455, Buffer.alloc(5));

for (const [what, bytes, message] of [
  ["a good archive", zip([w, { ...w, name: "v.npy", deflate: true }]), undefined],
  [
    "a zip64 size behind other fields",
    zip([{ ...w, claims: 0xffffffff, extra: Buffer.concat([changed, wideSize(w.content.length)]) }]),
    undefined,
  ],
  [
    "a zip64 size that is not there",
    zip([{ ...w, claims: 0xffffffff, extra: changed }]),
    /"w.npy" has no readable size/,
  ],
  [
    "an entry that inflates to more than it says",
    zip([{ ...w, deflate: true, claims: 20 }]),
    /"w.npy" has more than the 20 bytes that the archive says/,
  ],
  [
    "one that inflates to less",
    zip([{ ...w, content: npy(200).subarray(0, -400), deflate: true, claims: npy(200).length }]),
    /"w.npy" has \d+ bytes, the archive says \d+/,
  ],
  [
    "one that claims a gigabyte",
    zip([{ ...w, deflate: true, claims: 2 ** 30 }]),
    /claims to unpack to 1073741824/,
  ],
  ["a wrong checksum", zip([{ ...w, deflate: true, crc: 1 }]), /"w.npy" is damaged: its checksum differs/],
  ["a wrong checksum of what is stored", zip([{ ...w, crc: 1 }]), /"w.npy" is damaged: its checksum differs/],
  ["two different sizes", zip([{ ...w, claims: 20 }]), /has two different sizes/],
  ["another compression", zip([{ ...w, method: 14 }]), /compressed by method 14/],
  ["encryption", zip([{ ...w, flags: 1 }]), /is encrypted/],
  ["two entries of one name", zip([w, w]), /"w.npy" is there twice/],
  ["two names of one entry", zip([{ ...w, localName: "v.npy" }]), /another name in its own header/],
  ["more entries than there are", zip([w], (end) => end.writeUInt16LE(9, 10)), /too small for 9 entries/],
  ["a directory past the end", zip([w], (end) => end.writeUInt32LE(1e9, 16)), /past the end of the file/],
  ["no directory", zip([w]).subarray(0, -30), /directory is missing; the file may be cut short/],
  ["an archive in parts", zip([w], (end) => end.writeUInt16LE(1, 4)), /one part of an archive in several/],
  ["no zip64 directory", zip([w], (end) => end.writeUInt32LE(0xffffffff, 16)), /zip64 directory is missing/],
  ["something else inside", zip([w, { ...w, name: "readme.txt" }]), /"readme.txt": it is no .npy file/],
  [
    "an array of more than there is",
    zip([{ ...w, content: npy(100).subarray(0, -4) }]),
    /has 400 bytes, 396 follow/,
  ],
  [
    "an endless header",
    zip([{ ...w, content: Buffer.from("\x93NUMPY\x02\x00\xff\xff\xff\x7f", "latin1") }]),
    /its header claims 2147483647 bytes/,
  ],
] as const) {
  test(`${what} is ${message === undefined ? "read" : "refused"}`, () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "x.npz");
      writeFileSync(file, bytes);
      const problems = problemsOf(file);
      if (message === undefined) assert.equal(problems, []);
      else {
        assert.is(problems.length, 1);
        assert.match(problems[0] ?? "", message);
      }
    }));
}

test("what is stored and what is deflated is read with a right checksum only, in archives of PyTorch too", () =>
  inTemporaryFolder((folder) => {
    for (const name of ["arrays.npz", "compressed.npz", "state.pt", "checkpoint.pth"]) {
      const good = readFileSync(`test/data/weights/${name}`);
      const file = join(folder, name);
      const names = good.toString("latin1");
      // The directory repeats each entry's checksum, behind "PK\x01\x02": another one in it, and all else is as it was.
      let refused = 0;
      for (let at = names.indexOf("PK\x01\x02"); at >= 0; at = names.indexOf("PK\x01\x02", at + 1)) {
        const bytes = Buffer.from(good);
        bytes.writeUInt32LE((bytes.readUInt32LE(at + 16) ^ 1) >>> 0, at + 16);
        writeFileSync(file, bytes);
        const problems = allProblemsOf(file);
        if (problems.length === 0) continue;
        assert.match(problems.join(), /is damaged: its checksum differs/);
        refused++;
      }
      assert.ok(refused >= 3, `${name}: ${refused}`);
    }
  }));

/** What is wrong with a file of which everything is read. */
function allProblemsOf(file: string): readonly string[] {
  try {
    const source = openTensors(file);
    for (const tensor of source.tensors.values()) tensor.readInto(new Uint8Array(tensor.byteLength), 0);
    source.close();
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map(({ message }) => message);
  }
}

test("an array that is deflated a thousand times is read in little memory, forwards and backwards", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "x.npz");
    const elements = 50_000_000;
    const content = npy(elements);
    content.writeFloatLE(1.5, content.length - 4);
    content.writeFloatLE(2.5, content.length - 4 * elements);
    writeFileSync(
      file,
      zip([
        { name: "w.npy", content, deflate: true },
        { ...w, name: "v.npy", deflate: true },
      ]),
    );
    const program = `
      import { inspectWeights } from ${JSON.stringify(new URL("../../src/driver/weights/inspect.ts", import.meta.url).href)};
      const before = process.resourceUsage().maxRSS;
      const { tensors: [w, v] } = inspectWeights(${JSON.stringify(file)}, { values: true });
      const grown = process.resourceUsage().maxRSS - before;
      console.log(JSON.stringify({ w: w.values.max, v: v.values.max, grown }));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", program],
      { encoding: "utf8" },
    );
    const { grown, ...values } = JSON.parse(stdout || stderr);
    assert.equal(values, { w: 2.5, v: 0 });
    assert.ok(grown < 100_000, `${grown} KiB more for an array of 200 MB`);

    const source = openTensors(file);
    const tensor = source.tensors.get("w");
    const at = (offset: number): number => {
      const bytes = Buffer.alloc(4);
      tensor?.readInto(bytes, offset);
      return bytes.readFloatLE();
    };
    assert.equal([at(0), at(4 * elements - 4), at(4), at(0)], [2.5, 1.5, 0, 2.5]);
    source.close();
  }));

test("entries that share bytes are refused", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "x.npz");
    const bytes = zip([w, { ...w, name: "v.npy" }]);
    // The second entry's place becomes the first one's, whose name it has in its own header as well then.
    const second = bytes.lastIndexOf("v.npy");
    bytes.writeUInt32LE(4, second - 4);
    writeFileSync(file, bytes);
    assert.ok(problemsOf(file).length > 0);
  }));

for (const [header, message] of [
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2)}", undefined],
  ["{'shape': (8,), 'descr': '<f4', 'fortran_order': True}", undefined],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (8L,)}", undefined],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': 8}", /can't be read from .*shape/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (-8,)}", /can't be read from/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,)}", /its shape is/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (4503599627370496, 4)}", /more than 2\^53 bits/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3)}", /F32 of \[3, 3\] has 36 bytes, 32 follow/],
  ["{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (8,)}", /its elements are/],
  ["{'descr': '|O', 'fortran_order': False, 'shape': (8,)}", /Python objects are never read/],
  ["{'descr': '<f4', 'fortran_order': 'x', 'shape': (8,)}", /its fortran_order is 'x'/],
  ["{'descr': '<f4', 'shape': (8,)}", /must have descr, fortran_order and shape/],
  ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (8,)}", /has descr twice/],
  ["{'descr': __import__('os'), 'fortran_order': False, 'shape': (8,)}", /can't be read from .*__import__/],
  ["[1]", /is no dict/],
] as const) {
  test(`the .npy header ${header} is ${message === undefined ? "read" : "refused"}`, () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "x.npy");
      writeFileSync(file, npy(8, header));
      const problems = problemsOf(file);
      if (message === undefined) assert.equal(problems, []);
      else assert.match(problems.join(), message);
    }));
}

test("an .npy shape of many spaces is refused at once", () =>
  inTemporaryFolder((folder) =>
    assertGrowsWithSize(30_000, (length) => {
      const file = join(folder, `${length}.npy`);
      const shape = `(1${" ".repeat(length)}L)`;
      writeFileSync(file, npy(8, `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}}`));
      return () => assert.match(problemsOf(file).join(), /its shape is/);
    }),
  ));

test("a pickle of endless opcodes, of which deflate makes a small archive, is refused", () => {
  for (const opcode of ["]", "}", "\x94"]) {
    const endless = Buffer.alloc(5_000_000, opcode, "latin1");
    const pickle = Buffer.concat([Buffer.from("\x80\x02N", "latin1"), endless]);
    throwsError(() => readPickle(pickle), PickleProblem, /more than 4000000 opcodes/);
  }
});

test("a pickle runs nothing: calls are records", () =>
  inTemporaryFolder((folder) => {
    // os.system("...") in protocol 2, as an attack would have it
    const attack = Buffer.from("\x80\x02cos\nsystem\nX\x08\x00\x00\x00touch /x\x85R.", "latin1");
    const file = join(folder, "x.pt");
    writeFileSync(file, zip([{ name: "a/data.pkl", content: attack }]));
    assert.match(problemsOf(file).join(), /it contains an object of "os.system", not a dict of tensors/);
    const inside = Buffer.from("\x80\x02}X\x01\x00\x00\x00wcos\nsystem\n)Rs.", "latin1");
    writeFileSync(file, zip([{ name: "a/data.pkl", content: inside }]));
    assert.match(problemsOf(file).join(), /it contains a dict with "w", not a dict of tensors/);
  }));

for (const [what, pickle, message] of [
  ["an opcode that is not on the list", "\x80\x02i", /opcode 0x69 is not read/],
  ["a persistent id of protocol 0", "\x80\x02Pid\n.", /opcode 0x50 is not read/],
  ["another protocol", "\x80\x09N.", /protocol 9/],
  ["a text past the end", "\x80\x02X\xff\xff\xff\x7fa", /it ends too early/],
  ["a length of 2^63", "\x80\x04\x8d\x00\x00\x00\x00\x00\x00\x00\x80a", /a length of 9223372036854776000/],
  ["an empty stack", "\x80\x02.", /its stack is empty/],
  ["a missing mark", "\x80\x02Nt.", /a mark is missing/],
  ["an empty memo", "\x80\x02h\x05.", /memo 5 is empty/],
  ["items for no dict", "\x80\x02NNNs.", /items are set on no dict/],
  ["items for no list", "\x80\x02NNa.", /items are added to no list/],
  ["a key that is there twice", "\x80\x02}(K\x01NK\x01Nu.", /the key "1" is there twice/],
  ["no end", "\x80\x02N", /it ends too early/],
  ["a text that is no UTF-8", "\x80\x02X\x01\x00\x00\x00\xff.", /a string is not UTF-8/],
] as const) {
  test(`a pickle with ${what} is refused`, () => {
    throwsError(() => readPickle(Buffer.from(pickle, "latin1")), PickleProblem, message);
  });
}

test("numbers of a pickle", () => {
  const read = (pickle: string): unknown => readPickle(Buffer.from(`\x80\x02${pickle}.`, "latin1"));
  assert.is(read("J\xfe\xff\xff\xff"), -2);
  assert.is(read("K\xff"), 255);
  assert.is(read("M\x00\x01"), 256);
  assert.is(read("\x8a\x00"), 0);
  assert.is(read("\x8a\x01\xff"), -1);
  assert.is(read("\x8a\x05\x00\x00\x00\x00\x01"), 2 ** 32);
  assert.is(read("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"), 2n ** 63n - 1n);
  assert.is(read("G\x3f\xf8\x00\x00\x00\x00\x00\x00"), 1.5);
});

test.run();
