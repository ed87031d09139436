/**
 * Named state: the numbers of a key under one field, with name, width and meaning of each in one place. Snapshots have a
 * column per number, so that any Arrow tool reads a checkpoint; parts wider than 32 are one column of bytes.
 *
 * The numbers of a key lie side by side, because a row that arrives reads and writes most of them: `array[at + F.mean]`
 * with `at = key * F.width`. Places are counted from 0. A record may be part of another, once or several times.
 */
import { type FieldPart, type FieldSpec, MAX_ITEM_COLUMNS } from './fold.ts'

/** What a number means; or a record; or several of either, with how many. */
export type PartSpec =
  | string
  | AnyRecord
  | readonly [doc: string, width: number]
  | readonly [record: AnyRecord, times: number]

/** Where each part of a record begins, its width, and the state field that holds it. */
export type RecordLayout<Name extends string> = { readonly [K in Name]: number } & AnyRecord

interface AnyRecord {
  /** Numbers per key, or per time that the record is part of another. */
  readonly width: number
  /** The field, for a detector's `layout`. */
  readonly field: FieldSpec & { readonly kind: 'f64'; readonly parts: readonly FieldPart[] }
}

/**
 * A record of doubles, zero for a key that has not been seen.
 *
 * @example
 * const SIDE = record({ mean: 'mean excess, unit of the values', count: 'excesses' })
 * const TAILS = record({ total: 'values', last: ['the last three values', 3], side: [SIDE, 2] })
 * TAILS.side // 4: a key has its second mean at `key * TAILS.width + TAILS.side + SIDE.width + SIDE.mean`
 * TAILS.width // 8
 */
export function record<const Parts extends Readonly<Record<string, PartSpec>>>(
  parts: Parts,
): RecordLayout<keyof Parts & string> {
  const named: FieldPart[] = []
  const places: [string, number][] = []
  let width = 0
  for (const [name, spec] of Object.entries(parts)) {
    places.push([name, width])
    for (const part of partsOf(name, spec)) {
      named.push(part)
      width += part.width
    }
  }
  const field = { kind: 'f64', width, parts: named } as const
  return Object.freeze({ ...Object.fromEntries(places), width, field }) as never
}

function partsOf(name: string, spec: PartSpec): readonly FieldPart[] {
  if (typeof spec === 'string') return [{ name, width: 1, doc: spec }]
  if (!isSeveral(spec)) return spec.field.parts.map(part => ({ ...part, name: `${name}.${part.name}` }))
  const [what, times] = spec
  if (typeof what === 'string') return [{ name, width: times, doc: what }]
  const inside = what.field.parts
  if (times * what.width > MAX_ITEM_COLUMNS) {
    const doc = `${times} times: ${inside.map(part => `${part.name}, ${part.doc}`).join('; ')}`
    return [{ name, width: times * what.width, doc }]
  }
  return Array.from({ length: times }, (_, i) =>
    inside.map(part => ({ ...part, name: `${name}.${i}.${part.name}` })),
  ).flat()
}

const isSeveral = (spec: PartSpec): spec is Extract<PartSpec, readonly unknown[]> => Array.isArray(spec)
