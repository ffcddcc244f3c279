import { permutation } from "../base/seeds.js";

/**
 * An order of pages in which each `parts` of them that follow each other come from as many equal stretches of the source, one of each:
 * where rows lie in the order of their label, pages that are learned from together have all labels. Which ones go together is drawn.
 */
export function spreadOrder(pages: number, parts: number, seed: number): number[] {
  const groups = Math.ceil(pages / parts);
  const order: number[] = [];
  for (const group of permutation(groups, seed)) for (let at = group; at < pages; at += groups) order.push(at);
  return order;
}
