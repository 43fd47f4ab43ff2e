import { count } from "../base/numbers.js";
import type { CompileReport } from "../driver/compile/compile.js";
import { tensorName } from "./format.js";

type Swapped = NonNullable<CompileReport["swapped"]>;

/** Gates that are named; `--json` has all of them. */
const SHOWN = 3;

/** What a swap of trained gates means: which start with what, how far the outputs moved, and what helps. */
export function swappedText(swapped: Swapped | undefined): string {
  if (swapped === undefined) return "";
  const { gates, moved, reason } = swapped;
  const fresh = gates.filter(({ start }) => start === "init");
  const started = gates.filter(({ start }) => start !== null && start !== "init");
  const removed = gates.filter(({ to }) => to === null);
  const lines = [
    ...listed("new gate", "with fresh weights, which know nothing of what the old ones did", fresh),
    ...listed("new gate", `as ${started[0]?.start}, by what the old ones do`, started),
    ...removed.slice(0, 1).map(() => `${plural(removed.length, "gate")} removed: ${names(removed)}\n`),
    moved === null
      ? `how far the outputs moved was not measured: ${reason}\n`
      : `the outputs moved by ${Number((moved.maxRel * 100).toPrecision(2))} % of their range, cosine ${moved.cosine.toFixed(4)}, over ${inputsText(moved.inputs)}\n`,
    fresh.length + removed.length === 0 ? "" : help(fresh.some(({ to }) => to?.startsWith("eca (") === true)),
  ];
  return lines.join("");
}

function listed(what: string, how: string, gates: Swapped["gates"]): readonly string[] {
  if (gates.length === 0) return [];
  const verb = gates.length === 1 ? "starts" : "start";
  return [`${plural(gates.length, what)} ${verb} ${how}: ${names(gates)}\n`];
}

function names(gates: Swapped["gates"]): string {
  const shown = gates
    .slice(0, SHOWN)
    .map(({ at, from, to }) => `${tensorName(at)}, ${from}${to === null ? "" : ` to ${to}`}`);
  const rest = gates.length > SHOWN ? ` and ${count(gates.length - SHOWN)} more` : "";
  return `${shown.join("; ")}${rest}`;
}

function plural(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}

function inputsText(inputs: string): string {
  const random = /^random:(\d+)$/.exec(inputs)?.[1];
  return random === undefined
    ? inputs
    : `${plural(Number(random), "random input")} (--calibrate takes real ones)`;
}

function help(canFit: boolean): string {
  const fit = canFit ? "--new-gates fit --calibrate IMAGES.npy starts them near the old gates; " : "";
  return `${fit}what was lost comes back by training: ecagen codegen --lang pytorch makes the program for it\n`;
}
