/** Levels of arrays and mappings in one another. */
export const maximumDepth = 64

/** What a daemon passes on has a few levels of its own around what it was given. */
export const maximumWrappedDepth = 96

/** Arrays and mappings in one value: an empty one takes a byte on the wire and fifty in memory. */
export const maximumContainers = 1_000_000
