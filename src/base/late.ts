/**
 * The object with one more property, which is made when it is first read. zod's schemas are such properties: there are thousands, which take
 * longer to make than a command takes to run, and a command needs few of them.
 */
export function withLate<T extends object, K extends string, V>(
  object: T,
  key: K,
  make: () => V,
): Omit<T, K> & { readonly [P in K]: V } {
  Object.defineProperty(object, key, {
    configurable: true,
    enumerable: true,
    get() {
      const value = make();
      Object.defineProperty(object, key, { value, enumerable: true });
      return value;
    },
  });
  return object as Omit<T, K> & { readonly [P in K]: V };
}

/** A function that makes a value at its first call, and gives the same one from then on. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
