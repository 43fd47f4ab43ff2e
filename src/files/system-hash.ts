import { createHash } from "node:crypto";
import { useSystemHash } from "../base/sha256.js";

// Some 40 ms of a compile: what reads specs and models imports this.
useSystemHash((bytes) => createHash("sha256").update(bytes).digest());
