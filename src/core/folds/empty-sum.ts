/**
 * How a group without values is told from one whose sum is 0: the first field of its sum is -0, which no sum of values
 * is, because zeros are made +0 before they are added.
 */

export const EMPTY = -0

export const isEmptySum = (x: number): boolean => x === 0 && 1 / x < 0
