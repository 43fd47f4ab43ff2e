import { createHash } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sha256Hex, useSystemHash } from "../../src/base/sha256.js";

const test = suite("base: SHA-256");

const system = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

test("the portable code and the system's give the same, of texts and of bytes", () => {
  const texts = ["", "abc", "0\0stages.0.conv.weight", "é猫\u{1f415}", "\ud800", "x".repeat(1000)];
  for (const content of [...texts, Uint8Array.from({ length: 200 }, (_, i) => i)]) {
    const expected = createHash("sha256").update(content).digest("hex");
    for (const hash of [sha256, system]) {
      useSystemHash(hash);
      assert.is(sha256Hex(content), expected);
    }
  }
});

test.run();
