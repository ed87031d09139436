/** Arrays by slot or key: what indexes are made of. They lie in shared memory once they have grown, as blocks do. */

import { grownLength, sharedMemory } from '../growing.ts'
import { stateMemory } from '../state-memory.ts'

// One function per kind of array: code that sees several kinds is slower.

export const grownInt32 = (array: Int32Array, length: number): Int32Array =>
  length <= array.length ? array : moved(array, new Int32Array(memoryFor(array, length)))

export const grownUint32 = (array: Uint32Array, length: number): Uint32Array =>
  length <= array.length ? array : moved(array, new Uint32Array(memoryFor(array, length)))

export const grownFloat64 = (array: Float64Array, length: number): Float64Array =>
  length <= array.length ? array : moved(array, new Float64Array(memoryFor(array, length)))

type Numbers = Float64Array | Int32Array | Uint32Array

/** Cleared memory for at least `needed` items. */
function memoryFor({ length, BYTES_PER_ELEMENT: width }: Numbers, needed: number): SharedArrayBuffer {
  return sharedMemory(width * grownLength(length, needed), width * needed)
}

function moved<A extends Numbers>(array: A, larger: A): A {
  larger.set(array as never)
  stateMemory.letGo(array.byteLength)
  return larger
}
