/** What became of the tests of one file. A problem is what keeps them from being believed: a hook that threw, a test that never ran. */
export interface FileResult {
  readonly file: string;
  registered: number;
  ran: number;
  passed: number;
  readonly problems: string[];
}
