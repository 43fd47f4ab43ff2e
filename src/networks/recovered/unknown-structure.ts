/** A part of a network that is none of the structures that a spec can say. */
export class UnknownStructure extends Error {
  override readonly name = "UnknownStructure";
}

/** Says why no spec says a part of a network. */
export function unknown(reason: string): never {
  throw new UnknownStructure(reason);
}
