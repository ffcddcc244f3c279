/**
 * Which features may split a node, given those that split the nodes above it: features of a path must share a group, and one in no
 * group stays alone (XGBoost's FeatureInteractionConstraintHost; LightGBM never uses the latter).
 */
export function interactions(
  groups: readonly (readonly number[])[] | undefined,
  allowed: ArrayLike<number>,
): (path: readonly number[]) => ArrayLike<number> {
  if (!groups) return () => allowed;
  const sets = groups.map((group) => new Set(group));
  return (path) => {
    if (path.length === 0) return allowed;
    const open = sets.filter((set) => path.every((feature) => set.has(feature)));
    return Uint8Array.from(allowed, (mask, feature) =>
      mask && (path.includes(feature) || open.some((set) => set.has(feature))) ? 1 : 0,
    );
  };
}
