/** Type-level: from column types to the JavaScript rows users see. */

import type { ColumnTypeName, ColumnTypeSpec } from './column-type.ts'

declare const decimal: unique symbol

/** The text of a decimal, such as `12.30`: a string, of which the type checker knows that it can be calculated with. */
export type DecimalText = string & { readonly [decimal]: true }

declare const duration: unique symbol
declare const clock: unique symbol

/** A duration, milliseconds: a number, of which the type checker knows that a text such as `'1h'` may stand next to it. */
export type DurationMs = number & { readonly [duration]: true }

/** A time of day as text, such as `13:05:00`: a string, of which the type checker knows that it can be calculated with. */
export type ClockText = string & { readonly [clock]: true }

/** What a value of a type may be given as: decimals also as numbers and bigints, durations also in words. */
export type GivenFor<T extends ColumnTypeSpec> = T extends `decimal(${string}`
  ? string | number | bigint
  : T extends 'duration' | `duration[${string}`
    ? number | string
    : T extends 'time' | `time[${string}`
      ? string
      : ValueOf<T>

/** The JavaScript value of a non-null cell. Elements, fields and a map's values may be null; its keys are not. */
export type ValueOf<T extends ColumnTypeSpec> = T extends string
  ? TextValueOf<T>
  : T extends readonly [infer Element extends ColumnTypeSpec]
    ? (ValueOf<Element> | null)[]
    : T extends Readonly<Record<string, ColumnTypeSpec>>
      ? { [K in keyof T]: ValueOf<T[K]> | null }
      : never

/** The value of a type in words. */
type TextValueOf<T extends string> = T extends 'bool'
  ? boolean
  : T extends 'int64' | 'uint64'
    ? bigint
    : T extends 'utf8' | 'dictionary'
      ? string
      : T extends 'time' | `time[${string}`
        ? ClockText
        : T extends 'duration' | `duration[${string}`
          ? DurationMs
          : T extends 'date' | `timestamp${string}`
            ? Date
            : T extends `decimal(${string}`
              ? DecimalText
              : T extends 'binary'
                ? Uint8Array
                : T extends `list<${infer Element}>`
                  ? (WordValueOf<Element> | null)[]
                  : T extends `map<${infer Key}, ${infer Value}>`
                    ? Map<WordValueOf<Key>, WordValueOf<Value> | null>
                    : T extends `map<${string}`
                      ? Map<any, any>
                      : T extends `struct<${string}`
                        ? { [field: string]: any }
                        : number

/** The value of what stands between brackets, where the type checker can tell. */
type WordValueOf<T extends string> = T extends ColumnTypeName ? TextValueOf<T> : any

/** The row a schema reads as. Every column of a file may hold nulls. */
export type RowOf<S extends Readonly<Record<string, ColumnTypeSpec>>> = {
  [K in keyof S]: ValueOf<S[K]> | null
}

/** Rows of a dataset whose schema is found only when the plan is built. */
export type OpenRow = { [name: string]: any }

/** True when `Row` has an index signature: its columns are not known to the type checker. */
export type IsOpen<Row> = string extends keyof Row ? true : false
