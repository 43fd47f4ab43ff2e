import { concatBytes } from "../../base/bytes.js";
import { InputError } from "../../base/diagnostic.js";
import { quoteName } from "../../base/visible-text.js";
import type { Parameter } from "../../ir/graph.js";
import { isNumberDType, numberDType, sameDims } from "../../ir/types.js";
import { rangeOfTensor } from "../../weights/formats/tensor-source.js";
import type { ModelSource } from "../decode/source.js";
import type { TensorToWrite } from "../encode/export.js";
import { bytes, copied, type FileSegment, message, type TensorPart, tensorPart } from "../encode/layout.js";
import { FIELD, ValueInfoProto } from "../file/proto.js";
import { type DocumentTensor, fieldsWithoutData, isExternal } from "../file/tensors.js";
import { encodeValueInfo } from "../file/value-info.js";
import { type WireField, WireReader } from "../file/wire.js";
import { nameField } from "./lifted-constants.js";

/** The tensors of a rewritten model: those of the file that are still read, and new ones. */
export class RewrittenTensors {
  readonly #source: ModelSource;
  /** Names that anything written reads. */
  readonly #needed: Set<string>;
  readonly #keepUnread: boolean;
  /** Tensors that are not those of the file, by name, in order. */
  readonly #made = new Map<string, TensorToWrite>();
  /** Tensors of the file under other names, with those that they have in the file. */
  readonly #renamed = new Map<string, string>();
  /** Outputs that an Identity gives. */
  readonly #handedOn = new Set<string>();

  /** @param keepUnread whether tensors stay that nobody read in the file either: nobody knows what for they are there */
  constructor(source: ModelSource, needed: Iterable<string>, keepUnread: boolean) {
    this.#source = source;
    this.#needed = new Set(needed);
    this.#keepUnread = keepUnread;
  }

  /** Takes a tensor that a new node wants as an input. */
  add(initializer: TensorToWrite): void {
    this.#made.set(initializer.name, initializer);
    this.#needed.add(initializer.name);
  }

  /** Keeps the tensors of the file of some names. */
  read(names: readonly string[]): void {
    for (const name of names) this.#needed.add(name);
  }

  /** Takes a parameter that something reads under that name. */
  need(parameter: Parameter, name: string): void {
    if (this.#handedOn.has(name)) return;
    this.#needed.add(name);
    if (this.#isOfFile(parameter, name) || this.#made.has(name) || this.#renamed.has(name)) return;
    const { data, type } = parameter;
    this.#made.set(name, { name, dtype: numberDType(type), dims: data.dims, data });
  }

  /**
   * Takes a parameter that is an output of that name. Where its elements are not read, the file's tensor is copied, or has to be handed on by
   * an Identity: the name of that tensor.
   */
  output(parameter: Parameter, name: string): string | undefined {
    const { data, type } = parameter;
    const label = data.kind === "stored" ? data.label : name;
    if (label === name || isNumberDType(type.dtype)) {
      this.need(parameter, name);
      return undefined;
    }
    if (!this.#source.tensorsAreInputs && this.#source.tensors.get(label)?.stored !== undefined) {
      this.#needed.add(name);
      this.#renamed.set(name, label);
      return undefined;
    }
    this.#needed.add(label);
    this.#handedOn.add(name);
    return label;
  }

  /** Whether the tensor of the file of that name stays: it is read, a caller may give another value for it, or it never was read. */
  keeps(name: string): boolean {
    if (this.#made.has(name)) return false;
    if (this.#needed.has(name)) return true;
    return !this.#source.isRead(name) && (this.#keepUnread || this.#source.isOverridable(name));
  }

  /** What replaces an initializer of the file; nothing if it is no longer used. */
  at(name: string, field: WireField): FileSegment | TensorPart | undefined {
    const made = this.#made.get(name);
    if (made !== undefined) return tensorPart(made);
    return this.keeps(name) ? this.#ofFile(name, field) : undefined;
  }

  /** The tensors that the file has not. */
  get added(): readonly TensorToWrite[] {
    return [...this.#made.values()].filter(({ name }) => !this.#source.tensors.has(name));
  }

  /** The tensors that the file has under other names. */
  get renamed(): readonly TensorPart[] {
    return [...this.#renamed].flatMap(([name, label]) => {
      const { initializer, stored } = this.#source.tensors.get(label) ?? {};
      if (initializer === undefined || stored === undefined) return [];
      const header = concatBytes([nameField(name), this.#fields(initializer, FIELD.tensorName)]);
      return [{ kind: "tensor", header, data: copied(rangeOfTensor(stored), 0, stored.byteLength) }];
    });
  }

  /** The declaration of a new tensor as an input, which files before IR version 4 want; undefined for one of the file. */
  declared(name: string): readonly FileSegment[] | undefined {
    const made = this.#made.get(name);
    if (made === undefined) return undefined;
    const info = encodeValueInfo(name, { dtype: made.dtype, dims: made.dims });
    return message(FIELD.graphInput, [bytes(ValueInfoProto.encode(info).finish())]);
  }

  /** Whether the file holds the parameter under the name that it has, as what it is. */
  #isOfFile({ data, type }: Parameter, name: string): boolean {
    if (data.kind !== "stored" || data.label !== name) return false;
    const own = this.#source.typeOf(name);
    return own !== undefined && own.dtype === type.dtype && sameDims(own.dims, data.dims);
  }

  #ofFile(name: string, field: WireField): FileSegment | TensorPart {
    const { tensors, document } = this.#source;
    const whole = copied(document.range, field.begin, field.end);
    const tensor = tensors.get(name);
    if (tensor === undefined) return whole;
    const { stored, initializer } = tensor;
    const external = isExternal(initializer.tensor);
    if (stored === undefined) return external ? refuseMoving(name, document.file) : whole;
    const data = copied(rangeOfTensor(stored), 0, stored.byteLength);
    const verbatim = external ? undefined : whole;
    return { kind: "tensor", header: this.#fields(initializer), data, verbatim };
  }

  /** The fields of a tensor's message without its data, and without another field. */
  #fields(initializer: DocumentTensor, other?: number): Uint8Array {
    const wire = new WireReader(this.#source.document.range);
    const kept = fieldsWithoutData(initializer).filter(({ number }) => number !== other);
    return concatBytes(kept.map(({ begin, end }) => wire.read(begin, end)));
  }
}

function refuseMoving(name: string, file: string): never {
  const text = `the tensor ${quoteName(name)} lies in another file, and its element type can't be copied`;
  throw InputError.of("onnx/external", text, { file });
}
