import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { PYTHON } from "../python.js";

export type Sizes = Readonly<Record<string, readonly number[]>>;

export interface DeclaredValue {
  readonly name: string;
  /** ONNX's number of the element type. */
  readonly type: number;
  /** Numbers, and the names of open sizes; null where the rank is open too. */
  readonly dims: readonly (number | string)[] | null;
}

/** What python3-onnx says of a file. */
export interface Description {
  /** Why onnx.checker, or strict shape inference, refuses it; null where it is accepted. */
  readonly checker: string | null;
  readonly inference: string | null;
  readonly opset: number | null;
  readonly nodes: number;
  /** Whether something in it may give other numbers in each run. */
  readonly draws: boolean;
  /** With the axis that is the batch: the second one of a sequence. */
  readonly inputs: readonly (DeclaredValue & { readonly batch: number })[];
  readonly outputs: readonly DeclaredValue[];
  readonly parameters: number;
  readonly buffers: number;
}

/** What oracle.py counts over the types of python3-onnx. */
export interface Multiplications {
  readonly macs: number;
  readonly products: number;
  /** How many images the counts were divided by. */
  readonly images: number;
  readonly uncounted: Readonly<Record<string, number>>;
}

/** Files of numbers for a model. */
export interface Numbers {
  /** Of each input, by name; null where there are none that .npy holds. */
  readonly inputs: Readonly<Record<string, string>> | null;
  /** Of the outputs, in the model's order, where they are known. */
  readonly expected: readonly (string | null)[];
}

/** oracle.py, in a process of its own. Errors: `OracleRefusal`, which says what python3-onnx says. */
export class Oracle {
  readonly #python: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #interface: Interface;
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    const script = fileURLToPath(new URL("oracle.py", import.meta.url));
    this.#python = spawn(PYTHON, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.#interface = createInterface({ input: this.#python.stdout });
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  describe(file: string): Promise<Description> {
    return this.#ask<Description>({ do: "describe", file });
  }

  count(file: string, sizes: Sizes, shapes: Sizes = {}): Promise<Multiplications> {
    return this.#ask<Multiplications>({ do: "count", file, sizes, shapes });
  }

  /** Writes the model with each of its values as an output. */
  expose(file: string, into: string): Promise<unknown> {
    return this.#ask({ do: "expose", file, into });
  }

  /** Writes the model with seeds, so that two runs of it draw the same numbers, and so does what is made of it. */
  seed(file: string, into: string): Promise<unknown> {
    return this.#ask({ do: "seed", file, into });
  }

  /** Writes each branch of a model's Ifs as a model whose inputs are what it captures; `values`: element types and sizes of the values around it. */
  async branches(
    file: string,
    values: Readonly<Record<string, readonly [type: number, dims: readonly number[]]>>,
    folder: string,
  ): Promise<readonly string[]> {
    return (await this.#ask<{ readonly files: readonly string[] }>({ do: "branches", file, values, folder }))
      .files;
  }

  numbers(request: {
    readonly file: string;
    readonly sizes: Sizes;
    readonly data: string | null;
    readonly folder: string;
    readonly values?: Readonly<Record<string, number>> | undefined;
  }): Promise<Numbers> {
    return this.#ask<Numbers>({ do: "inputs", ...request });
  }

  /** Whether two files hold the same network, byte for byte. */
  async same(file: string, other: string): Promise<boolean> {
    return (await this.#ask<{ readonly same: boolean }>({ do: "same", file, other })).same;
  }

  /** Refuses a file that is no Python. */
  python(file: string): Promise<unknown> {
    return this.#ask({ do: "python", file });
  }

  close(): void {
    this.#interface.close();
    this.#python.kill();
  }

  /** One question at a time: the answers come in the order of the questions. */
  #ask<T>(request: object): Promise<T> {
    const answer = this.#last.then(async () => {
      this.#python.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error("oracle.py has ended");
      const document = JSON.parse(value) as T & { readonly error?: string };
      if (document.error !== undefined) throw new OracleRefusal(document.error);
      return document;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}

export class OracleRefusal extends Error {}
