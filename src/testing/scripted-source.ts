/** A source that follows a script: what arrives when, where it fails, what was left open. For tests. */

import { inReaderMemory } from '../connectors/memory/reader-memory.ts'
import { type SchemaLike, toSchema } from '../connectors/memory/rows.ts'
import { batchFromRows, type RowLike } from '../core/batch/build.ts'
import type { Source, SplitReader } from '../core/connector.ts'
import { fieldOf } from '../core/types/schema.ts'

/** One step of a split's script. */
export type ScriptStep =
  /** These rows arrive, in one batch if they fit one. */
  | { readonly rows: readonly RowLike[] }
  /** Nothing arrives before the promise settles. */
  | { readonly until: Promise<unknown> }
  /** Reading fails with this error, every time it comes here. */
  | { readonly fail: unknown }

/** What a scripted source says of itself. */
export interface ScriptedOptions<Bounded extends boolean = boolean> {
  /** Default: true. */
  readonly bounded?: Bounded
  /** Default: true. */
  readonly replayable?: boolean
}

/** A source that tells what was done to it. */
export interface ScriptedSource<Bounded extends boolean = boolean> extends Source {
  readonly bounded: Bounded
  /** Readers opened and not yet closed. */
  readonly openReaders: number
  /** Where each reader was opened, in order. */
  readonly opened: readonly { readonly split: number; readonly offset: number }[]
}

/**
 * A source with one split per script. Reading from an offset skips that many rows of the script, and the waits and
 * failures among them. A key that a row lacks is a null.
 *
 * @throws {PlanError} `COLUMN_TYPE`, `DUPLICATE_COLUMN`: the schema; while reading, {@link DataError} `VALUE_TYPE` for
 * a value that is not of its column's type
 * @example
 * const doors = scriptedSource({ door: 'utf8' }, [[{ rows: [{ door: 'a' }, { door: 'b' }] }], [{ rows: [{ door: 'c' }] }]])
 * await read.source(doors, { door: 'utf8' }).count() // 3
 * doors.openReaders // 0
 */
export function scriptedSource<const Bounded extends boolean = true>(
  schema: SchemaLike,
  scripts: readonly (readonly ScriptStep[])[],
  options: ScriptedOptions<Bounded> = {},
): ScriptedSource<Bounded> {
  const columns = toSchema(schema)
  const opened: { split: number; offset: number }[] = []
  let openReaders = 0
  return {
    label: 'script',
    bounded: options.bounded ?? (true as Bounded),
    replayable: options.replayable ?? true,
    canOrder: false,
    canFilter: () => false,
    get openReaders() {
      return openReaders
    },
    opened,
    schema: async () => columns,
    splits: async () => scripts.map((_, id) => ({ id, label: `script ${id}` })),
    async open(split, offset, request, memory): Promise<SplitReader> {
      for (const { name } of request.schema) fieldOf(columns, name)
      opened.push({ split: split.id, offset })
      openReaders++
      const script = scripts[split.id]!
      let step = 0
      /** Rows before the current step. */
      let before = 0
      let next = offset
      let closed = false
      let wakeClosed: () => void = () => {}
      const whenClosed = new Promise<void>(resolve => {
        wakeClosed = resolve
      })
      return {
        async next() {
          for (; step < script.length && !closed; step++) {
            const current = script[step]!
            if ('rows' in current) {
              const start = next - before
              if (start < current.rows.length) {
                const rows = current.rows.slice(start, start + request.batchRows)
                const position = { split: split.id, offset: next }
                next += rows.length
                return inReaderMemory(memory, arena => batchFromRows(request.schema, rows, arena, position))
              }
              before += current.rows.length
            } else if (next === before && offset <= before) {
              if ('fail' in current) throw current.fail
              await Promise.race([current.until, whenClosed])
            }
          }
          return undefined
        },
        async close() {
          if (closed) return
          closed = true
          openReaders--
          wakeClosed()
        },
      }
    },
  }
}
