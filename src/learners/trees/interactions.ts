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
    const open = sets.filter((set) => path.every((above) => set.has(above)));
    return Uint8Array.from(allowed, (mask, feature) =>
      mask && (open.some((set) => set.has(feature)) || path.every((above) => above === feature)) ? 1 : 0,
    );
  };
}
