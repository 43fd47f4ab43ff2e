/** Whether an error says that a package is not installed: of an import, or of a `require`, which the bundled command line has in its place. */
export function isMissingPackage(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}
