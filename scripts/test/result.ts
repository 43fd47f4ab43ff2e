/** What became of the tests of one file. A problem is what keeps them from being believed: a hook that threw, a test that never ran. */
export interface FileResult {
  readonly file: string;
  registered: number;
  ran: number;
  passed: number;
  /** From the file's first line to its last test. */
  seconds: number;
  readonly problems: string[];
}
