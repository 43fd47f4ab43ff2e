/** Test files that import uvu get the suite of the URL given as data, which counts; it alone gets uvu itself. */
let suite = "";

export function initialize(data) {
  suite = data;
}

export function resolve(specifier, context, nextResolve) {
  const isSuite = (context.parentURL ?? "").startsWith(suite);
  return nextResolve(specifier === "uvu" && !isSuite ? suite : specifier, context);
}
