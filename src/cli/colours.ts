import pc from "picocolors";

/** Colours for a stream that shows them: a terminal, unless NO_COLOR is set (no-color.org); FORCE_COLOR overrides the check. */
export function coloursOf(stream: { readonly isTTY?: boolean }): ReturnType<typeof pc.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  return pc.createColors(!NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== "0" : stream.isTTY === true && TERM !== "dumb"));
}
