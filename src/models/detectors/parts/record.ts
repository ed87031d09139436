/**
 * Named state: a few numbers per key under one field, with their names, widths and meanings in one place. Snapshots have
 * a column per number, so that any Arrow tool reads a checkpoint.
 *
 * The numbers of a key lie side by side, because a row that arrives reads and writes most of them: `array[at + F.mean]`
 * with `at = key * F.width`.
 */
import type { FieldPart, FieldSpec } from '../../../core/fold.ts'

/** What a number means; or several numbers, with how many. */
export type PartSpec = string | readonly [doc: string, width: number]

/** Where each part of a record begins, its width, and the state field that holds it. */
export type RecordLayout<Name extends string> = { readonly [K in Name]: number } & {
  /** Numbers per key. */
  readonly width: number
  /** The field, for a detector's `layout`. */
  readonly field: FieldSpec & { readonly kind: 'f64' }
}

/**
 * A record of doubles, zero for a key that has not been seen.
 *
 * @example
 * const LEVEL = record({ mean: 'weighted mean, unit of the values', last: ['the last three values', 3] })
 * LEVEL.last // 1
 * LEVEL.width // 4
 */
export function record<const Parts extends Readonly<Record<string, PartSpec>>>(
  parts: Parts,
): RecordLayout<keyof Parts & string> {
  const named: FieldPart[] = []
  const places: Record<string, number> = {}
  let width = 0
  for (const [name, spec] of Object.entries(parts)) {
    const [doc, items] = typeof spec === 'string' ? [spec, 1] : spec
    named.push({ name, width: items, doc })
    places[name] = width
    width += items
  }
  return Object.freeze({ ...places, width, field: { kind: 'f64', width, parts: named } as const }) as never
}
