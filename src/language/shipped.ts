import { readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../files/package.js";

/** The folder of the specs that ship with ecagen. */
export function shippedSpecsFolder(): string {
  return join(packageRoot(), "specs");
}

/** The names of the specs that ship with ecagen, sorted: `b0-eca`. */
export function shippedSpecs(): readonly string[] {
  return readdirSync(shippedSpecsFolder())
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}
