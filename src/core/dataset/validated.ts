/** Validators in place of schemas: what readers are given, and the node that it becomes. */

import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { PlanError } from '../errors.ts'
import type { ValidateNode } from '../operators/validate.ts'
import type { OnBadRow } from '../plan.ts'
import { type Draft, extend, type NodeBody } from '../planner/build.ts'
import type { RowOf } from '../types/row.ts'
import type { Schema } from '../types/schema.ts'
import { type ModuleFunction, moduleFunction, showRef } from '../user-functions/function-ref.ts'
import { liveRef } from '../user-functions/live-values.ts'
import { Dataset } from './dataset.ts'
import type { BadRows } from './from-source.ts'
import { columnsOfJsonSchema } from './json-schema-columns.ts'
import type { FunctionOf } from './map.ts'
import { type ColumnTypes, declared } from './source-arguments.ts'
import type { Bounds } from './types.ts'

/** Whatever keeps Standard Schema: schemas of zod, valibot, arktype and others. */
export type Validator<Out = unknown> = StandardSchemaV1<any, Out>

/** A validator with the columns that it is given, which it cannot say itself, or that are read as other types. */
export interface ValidatedColumns<V = Validator | FunctionOf, S = ColumnTypes> {
  /** The validator; or where a module exports it, so that shards validate. */
  readonly validate: V
  /** What is read. */
  readonly schema: S
  /** The columns that the validator gives. Default: those that are read. */
  readonly out?: ColumnTypes
}

/** The row that a validator gives: what may be absent is null. */
export type ValidatedRow<T> = {
  -readonly [K in keyof T]-?: Exclude<T[K], undefined> | (undefined extends T[K] ? null : never)
}

/** What readers take for a schema. */
export type RowSchema = ColumnTypes | Validator | ValidatedColumns

/** The row that a validator gives, as readers are given it. */
export type RowOfValidator<V> =
  V extends Validator<infer Out>
    ? ValidatedRow<Out>
    : V extends ValidatedColumns<Validator<infer Out>, any>
      ? ValidatedRow<Out>
      : V extends ValidatedColumns<FunctionOf, infer S extends ColumnTypes>
        ? RowOf<S>
        : never

/** What readers take for a schema that validates. */
export type RowValidators = Validator | ValidatedColumns

/** The row that a reader gives for whatever it takes for a schema. */
export type RowFor<S> = S extends RowValidators ? RowOfValidator<S> : S extends ColumnTypes ? RowOf<S> : never

/** What a reader reads, and the validator behind it. */
export interface RowsAsked {
  readonly schema: Schema | undefined
  readonly validator?: { readonly ref: ModuleFunction; readonly name: string; readonly out: Schema }
}

/** @throws {PlanError} `COLUMN_TYPE`; `VALIDATOR_COLUMNS` for a validator that cannot say its columns */
export function rowsAsked(given: RowSchema | undefined, above: Function): RowsAsked {
  if (isValidator(given)) {
    const schema = columnsSaid(given, 'input', above)
    const out = columnsSaid(given, 'output', above)
    return { schema, validator: { ref: liveRef(given), name: vendorOf(given), out } }
  }
  if (!isPair(given)) return { schema: declared(given as ColumnTypes | undefined, above) }
  const schema = declared(given.schema, above)!
  const out = given.out === undefined ? schema : declared(given.out, above)!
  const { validate } = given
  if (isValidator(validate))
    return { schema, validator: { ref: liveRef(validate), name: vendorOf(validate), out } }
  const ref = moduleFunction('validate', validate.url, validate.export, above)
  return { schema, validator: { ref, name: showRef(ref), out } }
}

/** The dataset of a source behind its validator, if there is one. */
export function validated<Row, B extends Bounds>(
  dataset: Dataset<any, B>,
  { validator }: RowsAsked,
  above: Function,
  { onBadRow, deadLetters }: BadRows = { onBadRow: 'fail' },
): Dataset<Row, B> {
  if (!validator) return dataset
  const { ref, name, out } = validator
  const { deadLetters: _, ...source } = dataset.draft
  const draft: Draft = source
  const body: NodeBody<ValidateNode> = { kind: 'validate', function: ref, name, out, onBadRow }
  // Records that cannot be decoded and rows that are not valid go to one sink.
  const decoded =
    (draft.body as { readonly onBadRow?: OnBadRow }).onBadRow === 'port' ? [{ draft, port: 'failed' }] : []
  const details = deadLetters ? { deadLetters, moreDeadLetters: decoded } : {}
  return new Dataset(extend(body, [{ draft, port: dataset.port }], above, details))
}

const isValidator = (given: unknown): given is Validator =>
  (typeof given === 'object' || typeof given === 'function') && given !== null && '~standard' in given

/** A struct called `validate` beside one called `schema` is none: its types are no URL. */
function isPair(given: unknown): given is ValidatedColumns<Validator | FunctionOf> {
  const { validate, schema } = (given ?? {}) as Partial<ValidatedColumns<any>>
  if (typeof schema !== 'object' || schema === null) return false
  return isValidator(validate) || (typeof validate?.export === 'string' && URL.canParse(String(validate.url)))
}

const vendorOf = (validator: Validator): string => `a schema of ${validator['~standard'].vendor}`

function columnsSaid(validator: Validator, which: 'input' | 'output', above: Function): Schema {
  const { jsonSchema, vendor } = validator['~standard'] as Partial<StandardJSONSchemaV1.Props> & {
    vendor: string
  }
  let cause: unknown
  try {
    const said = jsonSchema?.[which]({ target: 'draft-2020-12' })
    const columns = said && columnsOfJsonSchema(said)
    if (columns) return declared(columns, above)!
  } catch (error) {
    if (error instanceof PlanError) throw error
    cause = error
  }
  throw new PlanError(
    'VALIDATOR_COLUMNS',
    `the schema of ${vendor} does not say what columns its ${which === 'input' ? 'rows' : 'results'} have`,
    {
      hint: "give them beside it: { validate: schema, schema: { at: 'timestamp', name: 'utf8' } }; out has those it gives, where they differ",
      ...(cause !== undefined && { cause }),
      above,
    },
  )
}
