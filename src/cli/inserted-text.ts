import { count } from "../base/numbers.js";
import type { CompileReport } from "../driver/compile/compile.js";
import { tensorName } from "./format.js";

type Insertion = NonNullable<CompileReport["inserted"]>[number];

/** Gates that are named; `--json` has all of them. */
const SHOWN = 3;

/** Which gates were put in, and where the factors went that undo what they start with. */
export function insertedText(inserted: readonly Insertion[] | undefined): string {
  if (inserted === undefined) return "";
  const folded = inserted.filter(({ scaleIn }) => scaleIn.length > 0);
  const products = inserted.filter(({ reason }) => reason !== undefined);
  const shown = inserted.slice(0, SHOWN).map(({ at, kind }) => `${kind} at ${tensorName(at)}`);
  const rest = inserted.length > SHOWN ? ` and ${count(inserted.length - SHOWN)} more` : "";
  return [
    `${plural(inserted.length, "new gate")}, which ${inserted.length === 1 ? "starts" : "start"} as the identity: ${shown.join("; ")}${rest}\n`,
    folded.length === 0
      ? ""
      : `${scales(folded)} is in the weights of a layer beside ${which(folded, inserted)}\n`,
    products.length === 0
      ? ""
      : `${scales(products)} is a product behind ${which(products, inserted)}: ${products[0]?.reason}\n`,
  ].join("");
}

/** `the factor 2` */
function scales(gates: readonly Insertion[]): string {
  const numbers = [...new Set(gates.map(({ scale }) => Number(scale.toPrecision(3))))];
  return `the factor ${numbers.join(" or ")}`;
}

function which(some: readonly Insertion[], all: readonly Insertion[]): string {
  if (all.length === 1) return "it";
  return some.length === all.length ? "each" : `${count(some.length)} of them`;
}

function plural(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}
