import { spawnSync } from "node:child_process";

/** Debian's Python, which has onnx, torch and torchvision where they are installed. */
export const PYTHON = "/usr/bin/python3";

export function hasPythonModules(...modules: readonly string[]): boolean {
  return spawnSync(PYTHON, ["-c", `import ${modules.join(", ")}`]).status === 0;
}

/** Runs a script, and gives the lines that it prints. Errors: one that ends with another exit code than 0. */
export function runPython(
  script: string,
  args: readonly string[],
): { readonly stdout: readonly string[]; readonly stderr: readonly string[] } {
  const { status, stdout, stderr } = spawnSync(PYTHON, [script, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return { stdout: linesOf(stdout), stderr: linesOf(stderr) };
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
