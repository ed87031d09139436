/** Telling which cells of two columns differ. */

import { isEightByteInteger, isFloat, isWideDecimal } from '../types/column-type.ts'
import { type Column, isNullAt, words32Of } from './column.ts'
import { compareCells, compareNumbers } from './compare.ts'

/**
 * Sets `differs[i]` where cell `rowsA[i]` of `a` and cell `rowsB[i]` of `b` are different values. Nulls are equal, and NaN is
 * equal to itself; -0 and 0 differ, since a row that was given with one is not to be taken back with the other. The columns
 * are of one type; text may be coded or plain.
 */
export function markDiffering(
  a: Column,
  rowsA: Uint32Array,
  b: Column,
  rowsB: Uint32Array,
  differs: Uint8Array,
): void {
  const coded = a.dictionary || b.dictionary
  const plain = a.type !== 'bool' && !isWideDecimal(a.type) && !a.offsets && !a.children && !coded
  if (a.validity || b.validity || !plain) {
    for (let i = 0; i < rowsA.length; i++)
      if (differs[i] === 0 && compareCells(a, rowsA[i]!, b, rowsB[i]!) !== 0) differs[i] = 1
    if (isFloat(a.type)) markZeros(a, rowsA, b, rowsB, differs)
    return
  }
  if (isEightByteInteger(a.type)) markWords(words32Of(a), rowsA, words32Of(b), rowsB, differs)
  else markNumbers(a.values as Float64Array, rowsA, b.values as Float64Array, rowsB, differs)
}

type Rows = Uint32Array

function markWords(a: Int32Array, rowsA: Rows, b: Int32Array, rowsB: Rows, differs: Uint8Array): void {
  for (let i = 0; i < rowsA.length; i++) {
    const rowA = rowsA[i]!
    const rowB = rowsB[i]!
    if (a[2 * rowA] !== b[2 * rowB] || a[2 * rowA + 1] !== b[2 * rowB + 1]) differs[i] = 1
  }
}

function markNumbers(a: Float64Array, rowsA: Rows, b: Float64Array, rowsB: Rows, differs: Uint8Array): void {
  for (let i = 0; i < rowsA.length; i++) {
    const value = a[rowsA[i]!]!
    const other = b[rowsB[i]!]!
    if (value === other ? isOtherZero(value, other) : compareNumbers(value, other) !== 0) differs[i] = 1
  }
}

/** Zeros of different sign among cells that may be null. */
function markZeros(a: Column, rowsA: Rows, b: Column, rowsB: Rows, differs: Uint8Array): void {
  for (let i = 0; i < rowsA.length; i++) {
    const [rowA, rowB] = [rowsA[i]!, rowsB[i]!]
    if (isNullAt(a, rowA) || isNullAt(b, rowB)) continue
    if (isOtherZero(a.values[rowA] as number, b.values[rowB] as number)) differs[i] = 1
  }
}

const isOtherZero = (value: number, other: number): boolean =>
  value === 0 && other === 0 && 1 / value !== 1 / other
