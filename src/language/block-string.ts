import type { Diagnostic } from "../base/diagnostic.js";
import type { JsonPath } from "../base/json-path.js";
import type { SourceRange } from "../base/source.js";
import { didYouMean } from "../base/suggest.js";
import {
  ACTIVATION_CODES,
  BLOCK_CODES,
  type BlockCode,
  blockCode,
  MNASNET,
  UNSUPPORTED,
} from "./block-codes.js";
import type { JsonEntry, JsonNode, JsonObject, JsonScalar } from "./json-tree.js";

/**
 * timm's block strings, `ir_r2_k5_s2_e6_c40_se0.25`: a block code, then options in any order.
 *
 *     ir  inverted-residual         dsa  depthwise-separable, activation at its end, no residual
 *     ds  depthwise-separable       er   fused-inverted-residual
 *     cn  conv-norm-act, residual only with `skip`
 *
 *     r repeat   k kernel   s stride   e expansion   c channels   se ratio of the SE gate   gs groupSize (cn)
 *     n activation: re, r6, sw, hs     noskip, skip: residual
 *
 * MnasNet's, `r2_k5_s22_e6_i24_o40_se0.25`, have no code: all are inverted-residual, s is the stride of height and
 * width, i and o are input and output channels.
 *
 * A string becomes the stage object that it stands for, each value with the place of its token, so that whatever
 * is wrong with it later points into the string. As in timm, `ir` has an expansion layer even with e1; as in
 * MnasNet, a string without a code then has none.
 *
 * Source: the grammars documented in timm's `_efficientnet_builder.py` and in TensorFlow's `mnasnet_models.py`.
 *
 * @param inputChannels what the stage before has as `channels`, to check i; undefined where that is unknown
 */
export function decodeBlockString(
  literal: JsonScalar & { readonly value: string },
  path: JsonPath,
  inputChannels?: number,
): JsonObject | readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = (range: SourceRange, message: string, hint?: string): void => {
    diagnostics.push({ code: "spec/block-string", message, path, range, hint });
  };
  const tokens = tokenize(literal);
  const head = tokens[0] ?? { text: "", range: literal.range };
  const mnasnet = /^[rkseio]\d/.test(head.text);
  const code = mnasnet ? MNASNET : blockCode(head.text);
  if (code === undefined) {
    const hint = didYouMean(head.text, Object.keys(BLOCK_CODES));
    report(head.range, `${JSON.stringify(head.text)} is not a block code`, hint);
    return diagnostics;
  }

  const entries = new Map<string, JsonEntry>();
  const set = (name: string, token: Token, value: JsonNode): void => {
    entries.set(name, { key: token.range, value });
  };
  set("block", head, scalar(head.range, code.block));
  for (const [name, value] of Object.entries(code.fixed)) set(name, head, scalar(head.range, value));

  const seen = new Set<string>();
  for (const token of mnasnet ? tokens : tokens.slice(1)) {
    const option = readOption(token, code);
    if ("message" in option) {
      report(token.range, option.message, option.hint);
      continue;
    }
    if (seen.has(option.letters)) report(token.range, `${option.letters} is given twice`);
    seen.add(option.letters);
    if (option.input !== undefined && inputChannels !== undefined && option.input !== inputChannels) {
      report(token.range, `the stage's input has ${inputChannels} channels, not ${option.input}`);
    }
    if (option.field !== undefined) set(option.field, token, option.value);
    else if (option.removes !== undefined) entries.delete(option.removes);
  }
  if (diagnostics.length > 0) return diagnostics;
  for (const letters of code.required) {
    if (!seen.has(letters)) report(literal.range, `${letters} is missing: ${code.numeric[letters]?.doc}`);
  }
  return diagnostics.length > 0 ? diagnostics : { kind: "object", range: literal.range, entries };
}

interface Token {
  readonly text: string;
  readonly range: SourceRange;
}

/** What one token says: a field of the stage, a field that goes away, the input's channels, or nothing new. */
type Option =
  | { readonly letters: string; readonly field: string; readonly value: JsonNode; readonly input?: undefined }
  | {
      readonly letters: string;
      readonly field?: undefined;
      readonly removes?: string;
      readonly input?: number;
    }
  | { readonly message: string; readonly hint?: string | undefined };

function readOption(token: Token, code: BlockCode): Option {
  const { text, range } = token;
  if (text === "noskip") return { letters: "skip", field: "residual", value: scalar(range, false) };
  // `skip` asks for a residual wherever the shapes allow one, which is what a stage without `residual` means.
  if (text === "skip") return { letters: "skip", removes: "residual" };
  if (text.startsWith("n")) return readActivation(text.slice(1), range);
  const [, letters = text, written = ""] = /^([a-z]+?)(\d.*)?$/.exec(text) ?? [];
  if (!Object.hasOwn(code.numeric, letters)) {
    const unsupported = Object.hasOwn(UNSUPPORTED, letters) ? UNSUPPORTED[letters] : undefined;
    if (unsupported !== undefined)
      return { message: `${text} needs ${unsupported}, which ecagen's blocks don't have` };
    const known = [...Object.keys(code.numeric), "n", "skip", "noskip"].join(", ");
    return { message: `${JSON.stringify(text)} is not an option of a block string`, hint: `known: ${known}` };
  }
  if (!/^\d+(\.\d+)?$/.test(written)) {
    return { message: `${letters} needs a number after it, got ${JSON.stringify(written)}` };
  }
  return readNumber(
    letters,
    Number(code === MNASNET && letters === "s" ? oneStride(written) : written),
    range,
    code,
  );
}

function readActivation(written: string, range: SourceRange): Option {
  const activation = Object.hasOwn(ACTIVATION_CODES, written) ? ACTIVATION_CODES[written] : undefined;
  if (activation !== undefined)
    return { letters: "n", field: "activation", value: scalar(range, activation) };
  const message = `${JSON.stringify(written)} is not an activation code`;
  return { message, hint: didYouMean(written, Object.keys(ACTIVATION_CODES)) };
}

function readNumber(letters: string, value: number, range: SourceRange, code: BlockCode): Option {
  switch (letters) {
    case "e":
      if (code.required.includes("e")) break;
      return value === 1
        ? { letters }
        : { message: `a ${code.block} block has no expansion: only e1 is possible` };
    case "gs":
      if (code.grouped) break;
      return value === 1
        ? { letters }
        : { message: `${code.block} blocks have no groups of ${value}: only gs1 is possible` };
    case "i":
      return { letters, input: value };
    case "se":
      if (!code.gated) return { message: `a ${code.block} block has no gate` };
      return value === 0 ? { letters } : { letters, field: "attention", value: gate(range, value) };
  }
  return { letters, field: code.numeric[letters]?.field ?? letters, value: scalar(range, value) };
}

/** `22` is a stride of 2 in both directions; unequal ones stay as they are, and no stride is that large. */
function oneStride(written: string): string {
  return written.length === 2 && written[0] === written[1] ? written.slice(1) : written;
}

/** `{ "type": "se", "ratio": ratio }`, both at the token's place. */
function gate(range: SourceRange, ratio: number): JsonObject {
  const entries = { type: scalar(range, "se"), ratio: scalar(range, ratio) };
  return {
    kind: "object",
    range,
    entries: new Map(Object.entries(entries).map(([name, value]) => [name, { key: range, value }])),
  };
}

function scalar(range: SourceRange, value: JsonScalar["value"]): JsonScalar {
  return { kind: "scalar", range, value };
}

/** The parts between underscores. In a literal with escapes offsets say nothing, so each part has the whole range. */
function tokenize({ value, range }: JsonScalar & { readonly value: string }): readonly Token[] {
  const exact = range.length === value.length + 2;
  let offset = range.offset + 1;
  return value.split("_").map((text) => {
    const token = { text, range: exact ? { ...range, offset, length: Math.max(1, text.length) } : range };
    offset += text.length + 1;
    return token;
  });
}
