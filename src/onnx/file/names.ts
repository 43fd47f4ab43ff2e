import type { Value } from "../../ir/graph.js";

/** Names that are unique among themselves: a taken one gets a number. ONNX forbids empty ones. */
export class UniqueNames {
  readonly #taken = new Set<string>();
  /** For a name that was wanted before, the first number to try: those below it are taken. */
  readonly #next = new Map<string, number>();

  take(wanted: string): string {
    const base = wanted === "" ? "unnamed" : wanted;
    let free = base;
    let i = this.#next.get(base) ?? 1;
    for (; this.#taken.has(free); i++) free = `${base}_${i}`;
    this.#next.set(base, i);
    this.#taken.add(free);
    return free;
  }

  isTaken(name: string): boolean {
    return this.#taken.has(name);
  }

  /** Keeps a name from being given. */
  reserve(name: string): void {
    this.#taken.add(name);
  }
}

/** The ONNX names of a graph's tensors, where inputs, parameters and results share one namespace. */
export class TensorNames {
  readonly #unique = new UniqueNames();
  readonly #names = new Map<Value, string>();

  /** The name of a value; its own unless an earlier value has that. */
  of(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const name = this.#unique.take(value.name);
    this.#names.set(value, name);
    return name;
  }

  /** Calls a value otherwise than by its own name, if neither the value has a name yet nor another one has that. */
  give(value: Value, name: string): void {
    if (this.#names.has(value) || this.#unique.isTaken(name)) return;
    this.#names.set(value, this.#unique.take(name));
  }

  /** A name for a tensor that no value stands for. */
  fresh(wanted: string): string {
    return this.#unique.take(wanted);
  }

  isTaken(name: string): boolean {
    return this.#unique.isTaken(name);
  }

  /** Keeps a name from being given to a value. */
  reserve(name: string): void {
    this.#unique.reserve(name);
  }
}

/** `/stages/2/blocks/0/attention/Conv`: viewers such as Netron group the nodes by the scope before the operator. */
export function nodeName(scope: string, operator: string): string {
  return `${scope.replace(/\/+$/, "")}/${operator}`;
}

/** The scope in a node's name: the inverse of `nodeName`, with the number that made the name unique. */
export function scopeOfNode(name: string, operator: string): string {
  const path = name.startsWith("/") ? name : `/${name}`;
  const at = path.lastIndexOf("/");
  const last = path.slice(at + 1);
  const isOperator =
    last === operator || (last.startsWith(`${operator}_`) && /^_\d+$/.test(last.slice(operator.length)));
  return isOperator ? path.slice(0, at) || "/" : path;
}

/** Whether a path is that of an ONNX file: its name says so, before anything is read. */
export function isOnnx(path: string): boolean {
  return path.endsWith(".onnx");
}
