import { gramReference } from "../../kernels/gram.reference.js";
import { centreOf, inTriangle, type Reading, type Space, spaceOf, triangle } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";
import { Gramian } from "./gramian.js";
import { gramInEngine } from "./in-engine/gram.js";
import { isIn, Tiles } from "./tiles.js";

export interface GramParams extends Reading {
  /** Taken off the label; near its mean the sums lose no digits. */
  readonly labelCentre?: number;
}

/** Z'WZ of the rows z = [x, 1, label], x and label about their centres: all that least squares needs, in one pass. */
export const gram = definePass<GramParams>({
  name: "gram",
  length: (_, layout) => triangle(spaceOf(layout).width + 2),
  start(params, layout, arena) {
    const tiles = new Tiles(arena, layout, params, 2);
    const { kernels, space, tile, width } = tiles;
    const gramian = new Gramian(arena, tiles);
    return (page, into) => {
      if (!isIn(arena, page)) return gramReference(page, space, params, into);
      gramian.clear();
      tiles.blocks(page, (block) => {
        kernels.packOnes(block.panels, tile, width, space.numbers);
        kernels.packColumn(tiles.y, tiles.w, params.labelCentre ?? 0, block.panels, tile, width, space.numbers + 1);
        gramian.add(block, tiles.w);
      });
      gramian.addTo(into);
    };
  },
  inEngine: gramInEngine,
});

export interface Gram {
  readonly space: Space;
  readonly weight: number;
  /** Upper triangle of X'WX, order p. */
  readonly xx: Float64Array;
  /** X'Wy, X'W1. */
  readonly xy: Float64Array;
  readonly x1: Float64Array;
  readonly yy: number;
  readonly y1: number;
  /** What x and y are about: p values (0 for levels), rounded to float32. */
  readonly centre: Float64Array;
  readonly labelCentre: number;
}

export function readGram(sum: Float64Array, params: GramParams, layout: PageLayout): Gram {
  const space = spaceOf(layout);
  const p = space.width;
  const m = p + 2;
  const at = (i: number, j: number): number => sum[inTriangle(i, j, m)]!;
  const xx = new Float64Array(triangle(p));
  for (let i = 0, to = 0; i < p; to += p - i, i++) xx.set(sum.subarray(inTriangle(i, i, m), inTriangle(i, p, m)), to);
  const centre = new Float64Array(p);
  centre.set(centreOf(params, space.numbers));
  return {
    space,
    weight: at(p, p),
    xx,
    xy: Float64Array.from({ length: p }, (_, i) => at(i, p + 1)),
    x1: Float64Array.from({ length: p }, (_, i) => at(i, p)),
    yy: at(p + 1, p + 1),
    y1: at(p, p + 1),
    centre,
    labelCentre: params.labelCentre ?? 0,
  };
}
