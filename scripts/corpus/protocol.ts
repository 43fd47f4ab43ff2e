/** One run of the command line, as the process of its own that it would be: arguments, folder, and what came of it. */
export interface CliRequest {
  readonly args: readonly string[];
  readonly folder: string;
}

export interface CliRun {
  /** The exit code; undefined where the run was ended from outside, or took its process with it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}
