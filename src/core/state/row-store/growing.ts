/** Arrays by slot or key: what indexes are made of. */

import { grown } from '../growing.ts'

// One function per kind of array: code that sees several kinds is slower.

export const grownInt32 = (array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> =>
  length <= array.length ? array : grown(array, length)

export const grownUint32 = (array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> =>
  length <= array.length ? array : grown(array, length)

export const grownFloat64 = (array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> =>
  length <= array.length ? array : grown(array, length)
