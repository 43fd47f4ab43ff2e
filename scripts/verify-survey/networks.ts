import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../../src/base/diagnostic.js";
import { type VerifyOptions, verify } from "../../src/driver/verify/verify.js";
import type { FileCase, RefusedFile } from "./cases.js";
import { outcomeOf } from "./outcome.js";

/** Debian's Python, which has torch and torchvision where they are installed. */
const PYTHON = "/usr/bin/python3";

export function hasTorchvision(): boolean {
  return spawnSync(PYTHON, ["-c", "import torch, torchvision"]).status === 0;
}

/** The names of the networks that `exportNetwork` takes. */
export function networkNames(): readonly string[] {
  return lines(python(["--list"]).stdout);
}

/** Exports a network of torchvision at each opset. Gives the files, and what PyTorch could not export. */
export function exportNetwork(
  name: string,
  folder: string,
): { readonly files: readonly string[]; readonly refused: readonly RefusedFile[] } {
  const { stdout, stderr } = python([name, folder]);
  const refused = lines(stderr).flatMap((line): RefusedFile[] => {
    const [, file, why] = /^(\S+-\d+): (.*)$/.exec(line) ?? [];
    return file === undefined || why === undefined ? [] : [{ part: "refused", file, by: "PyTorch", why }];
  });
  return { files: lines(stdout), refused };
}

function python(args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  const script = fileURLToPath(new URL("export_networks.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(PYTHON, [script, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`export_networks.py ${args.join(" ")} ended with ${status}: ${stderr}`);
  return { stdout, stderr };
}

function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Verifies an exported file. */
export async function verifyFile(path: string, options: VerifyOptions): Promise<FileCase | RefusedFile> {
  const file = basename(path, ".onnx");
  try {
    return { part: "file", file, ...outcomeOf(await verify(path, options)) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { part: "refused", file, by: "ecagen", why: error.diagnostics[0]?.message ?? "" };
  }
}
