import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

export interface Packed {
  readonly filename: string;
  /** Of all files, in bytes. */
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs what is built, the declarations among it. */
export function pack(...more: readonly string[]): Packed {
  if (!existsSync("dist/types/index.d.ts"))
    execFileSync(process.execPath, ["--import", "tsx", "scripts/declarations/write.ts"], { stdio: "ignore" });
  const text = execFileSync("npm", ["pack", "--json", "--ignore-scripts", ...more], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(text) as readonly Packed[];
  if (packed === undefined) throw new Error(text);
  return packed;
}

/** Packs into a folder, and unpacks there as npm would install it. Gives the tarball's path. */
export function packInto(folder: string): string {
  const installed = join(folder, "node_modules", "ecagen");
  mkdirSync(installed, { recursive: true });
  const tarball = join(folder, pack("--pack-destination", folder).filename);
  execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  return tarball;
}
