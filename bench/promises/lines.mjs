// The table of promises: one line a trial.

/** `broken` lists what did not hold, in words; empty when all did. */
export const line = (promise, trial, broken, figures) => ({
  promise,
  trial,
  result: broken.length === 0 ? "held" : "BROKEN",
  figures: [...broken, figures].filter((text) => text !== "").join("; "),
});

export const skipped = (promise, trial, why) => ({ promise, trial, result: "did not run", figures: why });

/** A trial that throws is broken, and the others go on. */
export async function tried(promise, trial, work) {
  try {
    return await work();
  } catch (error) {
    return line(promise, trial, [error.message.slice(0, 500)], "");
  }
}

const heads = ["promise", "trial", "result", "figures"];
const shown = (text) => String(text).replaceAll("|", "/").replaceAll("\n", " ");

export function table(lines) {
  const widths = heads.map((head) => Math.max(head.length, ...lines.map((each) => shown(each[head]).length)));
  const row = (cells) => `| ${cells.map((cell, i) => shown(cell).padEnd(widths[i])).join(" | ")} |`;
  return [
    row(heads),
    `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`,
    ...lines.map((each) => row(heads.map((head) => each[head]))),
  ].join("\n");
}

export const seconds = (number) => `${number.toFixed(1)} s`;
export const range = (numbers) => {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return low === high ? `${low}` : `${low} to ${high}`;
};
