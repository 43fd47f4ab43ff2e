import Module, { register } from "node:module";

/** Makes an optional package as absent as where it was not installed, for imports and for require. */
export function without(name) {
  const hook = `export async function resolve(specifier, context, next) {
    if (specifier !== ${JSON.stringify(name)}) return next(specifier, context);
    throw Object.assign(new Error("Cannot find package '${name}'"), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...more) {
    if (request !== name) return resolve.call(this, request, ...more);
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND" });
  };
}
