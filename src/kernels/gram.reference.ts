import type { Page } from "../pages/page.js";
import { eachRow, inTriangle, type Reading, type Space } from "./space.js";

/** Adds Z'WZ to `into` (upper triangle), Z being the rows [x, 1, label - labelCentre]. */
export function gramReference(
  page: Page,
  space: Space,
  reading: Reading & { labelCentre?: number },
  into: Float64Array,
): void {
  const m = space.width + 2;
  const z = new Float64Array(m);
  eachRow(page, space, reading, (i, x) => {
    z.set(x);
    z[m - 2] = 1;
    z[m - 1] = page.label[i]! - (reading.labelCentre ?? 0);
    const weight = page.weight[i]!;
    for (let a = 0; a < m; a++) for (let b = a; b < m; b++) into[inTriangle(a, b, m)]! += weight * z[a]! * z[b]!;
  });
}
