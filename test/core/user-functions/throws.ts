export const score = (x: number): number => x
throw new RangeError('no licence')
