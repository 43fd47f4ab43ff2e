import type { Diagnostic } from "../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../base/json-path.js";
import type { ResolvedSpec } from "../language/resolved.js";
import type {
  ImpliedSetting,
  NameMap,
  Naming,
  SettingName,
  SettingValue,
} from "../weights/names/name-map.js";

/** A setting of a spec that is not the one with which a file's weights were trained, as far as their names tell. */
export interface OtherSetting {
  /** The field of the spec, `defaults.norm.epsilon`. */
  readonly field: string;
  readonly value: SettingValue;
  /** What the networks under the file's names have. */
  readonly expected: readonly SettingValue[];
  /** Where that is written. */
  readonly source: string;
}

/** The settings of a spec, compared with those that the names of a file's tensors imply. */
export interface SettingsCheck {
  /** Those that change what the network computes, or what is done to images before; each an error. */
  readonly differing: readonly (OtherSetting & { readonly path: JsonPath })[];
  /** What a reader should know: settings that the names don't tell, and others for how images are resized. */
  readonly notes: readonly string[];
}

export function checkSettings(
  spec: ResolvedSpec,
  map: NameMap,
  { title, settings = [] }: Naming,
): SettingsCheck {
  const fitting = settings.filter((each) => meets(spec, each));
  // The first of a setting's that fits is the one.
  const implied = fitting.filter(
    (each, i) => fitting.findIndex(({ setting }) => setting === each.setting) === i,
  );
  const whose = `${map.title} (${title})`;
  const found = implied.map((each) => ({ each, others: othersOf(spec, each) }));
  const isNoted = ({ setting }: ImpliedSetting): boolean => NOTED.has(setting);
  const untold = implied.filter(
    (each) => each.untold === true && found.every((one) => one.each !== each || one.others.length === 0),
  );
  const untoldTexts = untold.map(({ setting, values }) => {
    const { title: what, read } = FIELDS[setting];
    const [own] = read(spec);
    return `${what} (${values.map(textOf).join(" or ")}${own === undefined ? "" : `; this spec has ${textOf(own.value)}`})`;
  });
  return {
    differing: found.flatMap(({ each, others }) => (isNoted(each) ? [] : others)),
    notes: [
      ...(untoldTexts.length === 0 ? [] : [`the names of ${whose} don't tell ${untoldTexts.join(" and ")}`]),
      ...found
        .flatMap(({ each, others }) => (isNoted(each) ? others : []))
        .map(
          ({ field, value, expected }) =>
            `${field} is ${textOf(value)}; the published weights of ${whose} have ${expected.map(textOf).join(" or ")}`,
        ),
    ],
  };
}

/** The errors of settings that differ. `names`: whose they are, for people. */
export function settingErrors(
  differing: SettingsCheck["differing"],
  names: string,
): readonly Omit<Diagnostic, "file">[] {
  return differing.map(({ field, value, expected, source, path }) => ({
    code: "weights/other-setting",
    path,
    message: `${field} is ${textOf(value)}, and weights under the names of ${names} were trained with ${expected.map(textOf).join(" or ")}`,
    hint: `set ${field} to ${expected.map(textOf).join(" or ")} (${source}), or go on with --allow-other-settings`,
  }));
}

/** How an image is resized and cropped changes nothing of the network, and differs between weights of one framework. */
const NOTED: ReadonlySet<SettingName> = new Set(["interpolation", "crop"]);

interface Read {
  readonly value: SettingValue;
  readonly path: JsonPath;
}

/** Which fields of a spec each setting is, and what it is called. */
const FIELDS: Readonly<
  Record<SettingName, { readonly title: string; readonly read: (spec: ResolvedSpec) => readonly Read[] }>
> = {
  epsilon: {
    title: "BatchNorm's ε",
    read: (spec) =>
      partsOf(spec).map(({ norm }) => ({ value: norm.epsilon, path: ["defaults", "norm", "epsilon"] })),
  },
  padding: {
    title: "padding",
    read: (spec) =>
      [spec.stem, ...spec.blocks].flatMap((part) =>
        part === undefined ? [] : [{ value: part.padding, path: ["defaults", "padding"] }],
      ),
  },
  "stride-at": {
    title: "the convolution that has the stride",
    read: ({ blocks }) =>
      blocks.flatMap((block) =>
        block.block === "bottleneck" && block.stride > 1
          ? [{ value: block.strideAt, path: [...block.specPath, "strideAt"] }]
          : [],
      ),
  },
  "stem-activation": {
    title: "the stem's activation",
    read: ({ stem }) =>
      stem?.normalized === true ? [{ value: stem.activation, path: ["stem", "activation"] }] : [],
  },
  activation: {
    title: "activation",
    read: ({ blocks }) =>
      blocks.map(({ activation, specPath }) => ({ value: activation, path: [...specPath, "activation"] })),
  },
  "head-activation": {
    title: "the head's activation",
    read: ({ head }) =>
      head?.channels === undefined ? [] : [{ value: head.activation, path: ["head", "activation"] }],
  },
  "gate-position": {
    title: "the gates' place",
    read: ({ blocks }) =>
      blocks.flatMap(({ gates }) =>
        gates.map(({ position, specPath }) => ({ value: position, path: [...specPath, "position"] })),
      ),
  },
  "gate-squeeze": { title: "the gates' squeeze", read: (spec) => gateOption(spec, "squeeze") },
  gate: { title: "the gates' function", read: (spec) => gateOption(spec, "gate") },
  "gate-activation": { title: "the gates' activation", read: (spec) => gateOption(spec, "activation") },
  mean: { title: "mean", read: (spec) => imageOption(spec, "mean") },
  std: { title: "deviation", read: (spec) => imageOption(spec, "std") },
  "channel-order": { title: "order of channels", read: (spec) => imageOption(spec, "channelOrder") },
  interpolation: { title: "interpolation", read: (spec) => imageOption(spec, "interpolation") },
  crop: { title: "crop", read: (spec) => imageOption(spec, "crop") },
};

function partsOf({ stem, blocks, head }: ResolvedSpec) {
  return [stem, ...blocks, head].flatMap((part) => part ?? []);
}

/** An option of the gates that are SE; other kinds have their functions by definition. */
function gateOption({ blocks }: ResolvedSpec, option: "gate" | "activation" | "squeeze"): readonly Read[] {
  return blocks.flatMap(({ gates }) =>
    gates.flatMap(({ options, specPath }) =>
      options.type === "se" ? [{ value: options[option], path: [...specPath, option] }] : [],
    ),
  );
}

/** What is said of images of three channels: the frameworks' are photographs. */
function imageOption(
  { input, preprocessing }: ResolvedSpec,
  key: "mean" | "std" | "channelOrder" | "interpolation" | "crop",
): readonly Read[] {
  if (preprocessing === undefined || input.channels !== 3) return [];
  return [{ value: preprocessing[key], path: ["preprocessing", key] }];
}

function meets({ blocks, head }: ResolvedSpec, { when }: ImpliedSetting): boolean {
  if (when === undefined) return true;
  const { block: type, head: channels } = when;
  return (
    (type === undefined || blocks.some(({ block }) => block === type)) &&
    (channels === undefined || (head?.channels !== undefined && channels.includes(head.channels)))
  );
}

/** What of a spec is none of the values that a setting can have, each field once. */
function othersOf(
  spec: ResolvedSpec,
  { setting, values, source }: ImpliedSetting,
): SettingsCheck["differing"] {
  const others = new Map<string, OtherSetting & { readonly path: JsonPath }>();
  for (const { value, path } of FIELDS[setting].read(spec)) {
    if (values.some((each) => isSame(each, value))) continue;
    const field = formatJsonPath(path).replace(/^\$\.?/, "");
    others.set(field, { field, value, expected: values, source, path });
  }
  return [...others.values()];
}

function isSame(a: SettingValue, b: SettingValue): boolean {
  return typeof a === "number" && typeof b === "number"
    ? Math.abs(a - b) < 1e-9 || near(a, b)
    : JSON.stringify(a) === JSON.stringify(b);
}

/** Parts of a crop are written with three or four digits. */
function near(a: number, b: number): boolean {
  return a > 0.1 && Math.abs(a - b) < 1e-3;
}

function textOf(value: SettingValue): string {
  return typeof value === "object" ? `[${value.join(", ")}]` : String(value);
}
