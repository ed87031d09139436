/**
 * How much a test tries. `npm test` tries what finds most faults in a few minutes; `npm run test:matrix` runs the tests that
 * import this file again with everything.
 */

/** Every combination, every example. */
export const FULL = process.env.MATRIX === 'full'

/** So many runs of a property with everything, and a third of them otherwise. */
export const runs = (full: number): number => (FULL ? full : Math.max(1, Math.round(full / 3)))
