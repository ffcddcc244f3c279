import { generator } from "../../base/seeds.js";

/** So many of the columns for each node, ascending: by the seed and the node's place, so that nothing else can change the draw. */
export function nodeColumns(columns: number, count: number, seed: number): (place: number) => readonly number[] {
  return (place) => {
    const next = generator(seed ^ place);
    const order = Array.from({ length: columns }, (_, column) => column);
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(next() * (columns - i));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order.slice(0, count).sort((a, b) => a - b);
  };
}
