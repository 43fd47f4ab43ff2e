import type { Hash } from "node:crypto";
import { createRequire } from "node:module";
import { useSystemHash } from "../base/sha256.js";

// Some 40 ms of a compile: what reads specs and models imports this.
useSystemHash((bytes) => startSha256().update(bytes).digest());

const require = createRequire(import.meta.url);

/** A SHA-256 of what is still to come. Node's module is loaded with the first one, which not every command needs. */
export function startSha256(): Hash {
  const { createHash } = require("node:crypto") as typeof import("node:crypto");
  return createHash("sha256");
}
