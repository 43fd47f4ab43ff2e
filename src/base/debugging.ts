/** Switches for those who work on ecagen. The command line and the test runner set them from environment variables. */
export const debugging = {
  /** Has the graph go through its text form before every pass: `ECAGEN_TEXT_ROUNDTRIP=1`. */
  throughText: false,
};
