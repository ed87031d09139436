/** Type-level claims. `tsc` checks these files; nothing here runs. */

import type { Dataset } from '../../src/index.ts'

export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

type RowIn<D> = D extends AsyncIterable<infer Row> ? Row : never
type Flat<T> = { [K in keyof T]: T[K] } & {}

/** Compiles only when the rows of a dataset have exactly this type: `rowsAre<{ n: number }>()(dataset)`. */
export const rowsAre =
  <Row>() =>
  <D extends Dataset<any, any>>(
    _dataset: Same<Flat<RowIn<D>>, Flat<Row>> extends true ? D : 'the rows differ',
  ) => {}

/** Compiles only when a value has exactly this type. */
export const typeIs =
  <Type>() =>
  <T>(_value: Same<T, Type> extends true ? T : 'the types differ') => {}
