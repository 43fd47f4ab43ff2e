import { join } from "node:path";
import { InputError } from "../../base/diagnostic.js";
import { didYouMean } from "../../base/suggest.js";
import { packageRoot } from "../../files/package.js";
import { readText } from "../../files/read-file.js";

/** A spec that ships with ecagen. The numbers are those of its `expect`; every compile checks them. */
export interface ListedSpec {
  readonly name: string;
  /** The file's path, for the other commands. */
  readonly file: string;
  readonly family: string;
  readonly description: string;
  /** Channels, height and width; of a network of signals channels and length. */
  readonly input: readonly number[];
  readonly parameters: number | null;
  readonly attentionParameters: number | null;
  readonly macs: number | null;
  /** The kinds of its gates; none for a network without attention. */
  readonly attention: readonly string[];
}

/** The word for networks without attention. */
const NO_GATE = "none";

/** Selects the specs to list; all conditions must hold. */
export interface ListFilter {
  /** Text in the name, the description, the family or the file's name; case-insensitive. */
  readonly text?: string | undefined;
  /** A kind of gate that the network must have; `none` for networks without gates. */
  readonly attention?: string | undefined;
}

/**
 * What is listed, made by `npm run generate`: reading and building some hundred networks takes seconds. Files are
 * named relative to the folder of the specs.
 */
export const GALLERY_INDEX = "specs/index/gallery.json";

/**
 * The specs that ship with ecagen, family by family, in the order of their files' names.
 *
 * @throws InputError for a kind of attention that none of them has
 */
export function listSpecs({ text = "", attention }: ListFilter = {}): readonly ListedSpec[] {
  const specs = JSON.parse(readText(join(packageRoot(), GALLERY_INDEX))) as readonly ListedSpec[];
  const wanted = text.toLowerCase();
  const kinds = [...new Set(specs.flatMap((spec) => spec.attention)), NO_GATE];
  if (attention !== undefined && !kinds.includes(attention)) {
    throw InputError.of("list/attention", `no spec has attention of the kind "${attention}"`, {
      hint: didYouMean(attention, kinds),
    });
  }
  return specs
    .filter((spec) => {
      const { name, description, family, file } = spec;
      return (
        `${name} ${description} ${family} ${file}`.toLowerCase().includes(wanted) &&
        (attention === undefined || hasAttention(spec, attention))
      );
    })
    .map((spec) => ({ ...spec, file: join(packageRoot(), "specs", spec.file) }));
}

function hasAttention({ attention }: ListedSpec, kind: string): boolean {
  return kind === NO_GATE ? attention.length === 0 : attention.includes(kind);
}
