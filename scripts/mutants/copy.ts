import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import type { Mutant } from "./mutants.js";
import { mutated } from "./sites.js";
import { GENERATE } from "./test-order.js";

/** How a process ended. */
export interface Ended {
  readonly status: number | null;
  readonly timedOut: boolean;
  readonly output: string;
}

const COMPILE_SECONDS = 600;

/** A copy of the working tree that mutants are put into: what git knows or would take, and the packages by a link. */
export class TreeCopy {
  readonly folder = mkdtempSync(join(tmpdir(), "ecagen-mutants-"));
  /** The texts of the files that have a mutant in them. */
  readonly #originals = new Map<string, string>();

  constructor() {
    const { stdout } = spawnSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], {
      encoding: "utf8",
    });
    for (const file of stdout.split("\0").filter((name) => name !== "")) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(file, join(this.folder, file));
    }
    symlinkSync(resolve("node_modules"), join(this.folder, "node_modules"));
    // Tests are left out: a mutant that only they can't be compiled with is for them to find.
    const config = { extends: "./tsconfig.json", include: ["src"] };
    writeFileSync(join(this.folder, "tsconfig.mutants.json"), JSON.stringify(config));
  }

  /** Puts mutants in, of different files. */
  apply(mutants: readonly Mutant[]): void {
    for (const mutant of mutants) {
      const file = join(this.folder, mutant.file);
      const text = this.#originals.get(mutant.file) ?? readFileSync(file, "utf8");
      this.#originals.set(mutant.file, text);
      writeFileSync(file, mutated(text, mutant));
    }
  }

  /** Takes all mutants out again. */
  restore(): void {
    for (const [file, text] of this.#originals) writeFileSync(join(this.folder, file), text);
    this.#originals.clear();
  }

  /** The files of src/ that the compiler finds errors in. */
  async typeErrors(): Promise<readonly string[]> {
    const { output } = await this.run(
      ["node_modules/typescript/bin/tsc", "-p", "tsconfig.mutants.json"],
      600,
    );
    return [...new Set([...output.matchAll(/^(src\/[^(\n]+)\(/gm)].map(([, file]) => file as string))];
  }

  /** Builds the programs in dist/, and once the library's declarations, which hardly ever depend on a mutant. */
  async build(): Promise<Ended> {
    if (!existsSync(join(this.folder, "dist/types"))) {
      await this.run(["--import", "tsx", "scripts/declarations/write.ts"], COMPILE_SECONDS);
    }
    return this.run(["--import", "tsx", "scripts/build.ts", "--keep-types"], COMPILE_SECONDS);
  }

  /** Runs test files one after the other, until one fails; or the check of the generated files. */
  test(files: readonly string[], seconds: number): Promise<Ended> {
    if (files[0] === GENERATE) return this.run(["--import", "tsx", GENERATE, "--check"], seconds);
    return this.run(["--import", "tsx", "scripts/test/batch.ts", "--bail", ...files], seconds);
  }

  /** Runs Node.js in the copy; after so many seconds the process and all that it has started are killed. */
  run(args: readonly string[], seconds: number): Promise<Ended> {
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      // Results of tests go to file descriptor 3.
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, FORCE_COLOR: "0", NO_COLOR: "1" },
    });
    let output = "";
    // How the process ends says enough of the results.
    (child.stdio[3] as Readable).resume();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const kill = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, seconds * 1000);
    return new Promise((done) => {
      child.on("close", (status) => {
        clearTimeout(timer);
        done({ status, timedOut, output });
      });
    });
  }
}
