/** What a check finds against a result: that it is wrong, that it says less than was asked for, that the check can't tell, or that nobody can. */
export interface Finding {
  readonly status: "wrong" | "refused" | "unchecked" | "nothing";
  readonly why: string;
}

export function wrong(why: string): Finding {
  return { status: "wrong", why };
}

export function unchecked(why: string): Finding {
  return { status: "unchecked", why };
}

const REFUSED = "ONNX Runtime refuses the original: ";

/** A file that ONNX Runtime, used directly, doesn't run either: there is nothing to run, and nothing to compare with. */
export function unrun(why: string): { readonly status: "nothing"; readonly why: string } {
  return { status: "nothing", why: `${REFUSED}${why}` };
}

export function isUnrun(why = ""): boolean {
  return why.startsWith(REFUSED);
}

/** That two facts differ. */
export function differenceOf(what: string, ours: unknown, theirs: unknown): Finding | undefined {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  return a === b ? undefined : wrong(`${what}: ${a} by ecagen, ${b} by the check`);
}

/** Of several findings one that is wrong, or else the first. */
export function worstOf(findings: readonly (Finding | undefined)[]): Finding | undefined {
  return findings.find((each) => each?.status === "wrong") ?? findings.find((each) => each !== undefined);
}
