import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium as driver } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderReport } from "../../src/report/index.js";
import { describeWith, needs } from "../support/needs.js";
import { samples } from "../support/report-samples.js";

/** What the test uses of the browser's own types, which Node's do not have. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}
interface Node {
  readonly textContent: string;
  readonly scrollWidth: number;
  readonly clientWidth: number;
  getBoundingClientRect(): Box;
  querySelectorAll(selector: string): Iterable<Node>;
}

const given = process.env["SLUICE_CHROMIUM"];
const withChromium = given ? describeWith({ where: given }) : needs.chromium();

withChromium("a report in a browser", (executablePath) => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-report-"));
  let browser: Browser;
  beforeAll(async () => {
    browser = await driver.launch({
      executablePath,
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test.each(Object.entries(samples))(
    "%s: loads nothing, complains of nothing, and its charts can be seen",
    async (name, input) => {
      const file = join(dir, `${name}.html`);
      writeFileSync(file, renderReport(input));
      for (const [colorScheme, width] of [
        ["light", 1280],
        ["dark", 1280],
        ["light", 390],
      ] as const) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
        const complaints: string[] = [];
        const requests: string[] = [];
        page.on("console", (message) => complaints.push(message.text()));
        page.on("pageerror", (error) => complaints.push(error.message));
        page.on("request", (request) => requests.push(request.url()));
        await page.goto(pathToFileURL(file).href, { waitUntil: "load" });

        expect(complaints).toEqual([]);
        expect(requests.filter((url) => !url.startsWith("data:"))).toEqual([pathToFileURL(file).href]);

        const found = await page.evaluate(() => {
          const { documentElement: root } = (globalThis as unknown as { document: { documentElement: Node } }).document;
          const all = (selector: string, within = root): Node[] => Array.from(within.querySelectorAll(selector));
          const overlaps = (a: Box, b: Box): boolean =>
            a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
          return {
            wide: root.scrollWidth - root.clientWidth,
            charts: all("figure svg").map((svg) => {
              const box = svg.getBoundingClientRect();
              const texts = all("text", svg).map((text) => ({
                text: text.textContent,
                box: text.getBoundingClientRect(),
              }));
              return {
                title: all("title", svg)[0]!.textContent,
                width: box.width,
                height: box.height,
                marks: all(".curve, .bar", svg).filter((mark) => mark.getBoundingClientRect().width > 1).length,
                cutOff: texts
                  .filter(({ box: t }) => t.left < box.left - 1 || t.right > box.right + 1 || t.bottom > box.bottom + 1)
                  .map(({ text }) => text),
                overlapping: texts.flatMap((one, i) =>
                  texts
                    .slice(i + 1)
                    .filter((other) => overlaps(one.box, other.box))
                    .map((other) => `${one.text} / ${other.text}`),
                ),
              };
            }),
          };
        });
        expect(found.wide).toBeLessThanOrEqual(0);
        expect(found.charts.length).toBe({ binary: 7, multiclass: 1, regression: 3, bare: 0 }[name]);
        for (const chart of found.charts) {
          expect(chart.width, chart.title).toBeGreaterThan(250);
          expect(chart.height, chart.title).toBeGreaterThan(150);
          expect(chart.marks, chart.title).toBeGreaterThan(0);
          expect(chart.cutOff, chart.title).toEqual([]);
          expect(chart.overlapping, chart.title).toEqual([]);
        }
        if (process.env["SLUICE_SCREENSHOTS"])
          await page.screenshot({
            path: join(process.env["SLUICE_SCREENSHOTS"], `${name}-${colorScheme}-${width}.png`),
            fullPage: true,
          });
        await page.close();
      }
    },
  );
});
