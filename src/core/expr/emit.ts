/**
 * Writes the code of a kernel: turns bound expressions into JavaScript statements of a loop over row `i`.
 *
 * Only names made here and code of the functions' `emit` become source text; literals, helpers and buffers are passed
 * in as values.
 */

import { bytesOfBinaryString } from '../batch/bytes.ts'
import { type ColumnType, isBigCell, isBytes, isWideDecimal } from '../types/column-type.ts'
import { canFail, partsOf } from './bound.ts'
import type {
  BatchLayout,
  Bound,
  BoundCall,
  BoundColumn,
  BoundLiteral,
  Emitted,
  Emitter,
  Representation,
} from './functions/contract.ts'
import { NO_BYTES } from './text-bytes.ts'

/** Which array of a batch a name of the kernel stands for. */
export interface BufferSlot {
  readonly name: string
  readonly column: number
  readonly part: 'values' | 'words32' | 'validity' | 'offsets' | 'dictionaryBytes' | 'dictionaryOffsets'
}

/** An expression over one coded text column, evaluated once per dictionary entry. */
export interface Memo {
  readonly node: BoundCall
  readonly column: number
  readonly kind: 'bool' | 'num' | 'text'
  readonly nullable: boolean
}

export class KernelEmitter implements Emitter {
  readonly layout: BatchLayout
  readonly literals: unknown[] = []
  readonly buffers: BufferSlot[] = []
  readonly memos: Memo[] = []
  /** Calls that can fail, by the number the kernel reports. */
  readonly failing: BoundCall[] = []
  needsWide = false
  /** Whether the code may set `over`, asking for a run with BigInts. */
  usesOver = false
  usesScratch = false
  #lines: string[] = []
  /** Constants of the loop being written that are computed before it, by their code. */
  #before = new Map<string, string>()
  #spareSlots = 0
  #depth = 1
  #names = 0
  #scopes: Map<Bound | number, Emitted>[] = []

  constructor(layout: BatchLayout) {
    this.layout = layout
  }

  /** The statements written since the last call. */
  take(): string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  line(code: string): void {
    this.#lines.push('  '.repeat(this.#depth) + code)
  }

  block(head: string, body: () => void): void {
    this.line(head === '' ? '{' : `${head} {`)
    this.#depth++
    this.#scopes.push(new Map())
    body()
    this.#scopes.pop()
    this.#depth--
    this.line('}')
  }

  /**
   * A loop, after what is computed once before it.
   * @param narrowed whether it asks for the number of `rows`
   * @param first a statement right before it
   */
  loop(head: string, narrowed: boolean, first: string | undefined, body: () => void): void {
    const lines = this.#lines
    this.#lines = []
    this.#before = new Map()
    this.block(head, body)
    const loop = this.#lines
    this.#lines = lines
    if (narrowed || this.#before.size > 0) this.line('const rows = k')
    for (const [code, name] of this.#before) this.line(`const ${name} = ${code}`)
    if (first) this.line(first)
    lines.push(...loop)
  }

  before(code: string): string {
    let name = this.#before.get(code)
    if (name === undefined) this.#before.set(code, (name = `b${this.#names++}`))
    return name
  }

  spareSlot(): number {
    return this.#spareSlots++
  }

  constant(code: string): string {
    const name = `t${this.#names++}`
    this.line(`const ${name} = ${code}`)
    return name
  }

  variable(initial: string): string {
    const name = `t${this.#names++}`
    this.line(`let ${name} = ${initial}`)
    return name
  }

  outside(value: unknown): string {
    let index = this.literals.findIndex(known => Object.is(known, value))
    if (index < 0) index = this.literals.push(value) - 1
    return `k${index}`
  }

  representation(type: ColumnType): Representation {
    if (type === 'bool') return 'bool'
    if (isBytes(type)) return 'text'
    return this.layout.wide && isBigCell(type) ? 'big' : 'num'
  }

  isNarrowed(type: ColumnType): boolean {
    return !this.layout.wide && isBigCell(type)
  }

  cell(node: Bound): Emitted {
    const key = node.kind === 'column' ? node.index : node
    for (const scope of this.#scopes) {
      const known = scope.get(key)
      if (known) return known
    }
    const emitted = this.#emit(node)
    this.#scopes.at(-1)!.set(key, emitted)
    return emitted
  }

  strict(node: BoundCall): { args: Emitted[]; valid?: string; nullWith?: ReadonlySet<number> } {
    const args = node.args.map(arg => this.cell(arg))
    return { args, ...this.allValid(args) }
  }

  allValid(cells: readonly Emitted[]): Pick<Emitted, 'valid' | 'nullWith'> {
    const some = cells.filter(cell => cell.valid !== undefined)
    if (some.length === 0) return {}
    const valid = [...new Set(some.map(cell => cell.valid!))].join(' & ')
    if (!some.every(cell => cell.nullWith)) return { valid: this.constant(valid) }
    return {
      valid: some.length > 1 ? this.constant(valid) : valid,
      nullWith: new Set(some.flatMap(cell => [...cell.nullWith!])),
    }
  }

  failIf(node: BoundCall, misfit: string, value: string, valid: string | undefined): void {
    let index = this.failing.indexOf(node)
    if (index < 0) index = this.failing.push(node) - 1
    const condition = valid === undefined ? misfit : `(${misfit}) && ${valid}`
    const hopeless = this.layout.wide ? '' : 'if (over) return -1; '
    this.line(`if (${condition}) { ${hopeless}fail(${index}, ${value}) }`)
  }

  widenIf(misfit: string, valid: string | undefined): void {
    this.usesOver = true
    this.line(valid === undefined ? `over |= ${misfit}` : `over |= (${misfit}) & -${valid}`)
  }

  /** Writes statements of a loop body; texts they compute live until the next row. */
  scratched<T>(body: () => T): T {
    const at = this.#lines.length
    const before = this.usesScratch
    this.usesScratch = false
    const result = body()
    if (this.usesScratch) this.#lines.splice(at, 0, `${'  '.repeat(this.#depth)}scratch.reset()`)
    this.usesScratch ||= before
    return result
  }

  truth(cell: Emitted): string {
    return cell.valid === undefined ? cell.value : `${cell.valid} & ${cell.value}`
  }

  scratchText(start: string): Emitted {
    this.usesScratch = true
    return { value: this.constant('scratch.bytes'), start, end: this.constant('scratch.end') }
  }

  #emit(node: Bound): Emitted {
    switch (node.kind) {
      case 'literal':
        return this.#literal(node)
      case 'column':
        return this.#column(node)
      case 'call': {
        const memo = this.#memoColumn(node)
        return memo === undefined ? node.spec.emit!(node, this) : this.#memo(node, memo)
      }
    }
  }

  #literal({ cell, type }: BoundLiteral): Emitted {
    const representation = this.representation(type!)
    const none = cell === null ? { valid: '0' } : {}
    if (representation === 'text') {
      const bytes =
        cell === null
          ? NO_BYTES
          : type === 'binary'
            ? bytesOfBinaryString(cell as string)
            : new TextEncoder().encode(cell as string)
      return {
        value: this.outside(bytes),
        start: '0',
        end: this.outside(bytes.length),
        literal: cell,
        ...none,
      }
    }
    if (cell === null) return { value: representation === 'big' ? '0n' : '0', literal: null, ...none }
    if (representation === 'bool') return { value: cell ? '1' : '0', literal: cell }
    if (this.isNarrowed(type!)) {
      if (Number.isSafeInteger(Number(cell))) return { value: this.outside(Number(cell)), literal: cell }
      this.needsWide = true
      return { value: '0', literal: cell }
    }
    return { value: this.outside(cell), literal: cell }
  }

  buffer(column: number, part: BufferSlot['part']): string {
    const letter = {
      values: 'x',
      words32: 'x',
      validity: 'n',
      offsets: 'o',
      dictionaryBytes: 'd',
      dictionaryOffsets: 'o',
    }[part]
    const name = `${letter}${column}`
    if (!this.buffers.some(slot => slot.name === name)) this.buffers.push({ name, column, part })
    return name
  }

  #column({ index, type }: BoundColumn): Emitted {
    const valid = this.#validity(index)
    const nulls = valid === undefined ? {} : { valid, nullWith: new Set([index]) }
    if (isBytes(type)) {
      if (this.layout.coded[index]) {
        const code = this.constant(this.#code(index, valid))
        const offsets = this.buffer(index, 'dictionaryOffsets')
        // A column of nulls may have an empty dictionary: its texts are empty, not undefined.
        const some = valid === undefined ? '' : ` & -${valid}`
        const start = this.constant(`${offsets}[${code}]${some}`)
        const end = this.constant(`${offsets}[${code} + 1]${some}`)
        return { value: this.buffer(index, 'dictionaryBytes'), start, end, ...nulls }
      }
      const offsets = this.buffer(index, 'offsets')
      const start = this.constant(`${offsets}[i]`)
      const end = this.constant(`${offsets}[i + 1]`)
      return { value: this.buffer(index, 'values'), start, end, offsets, ...nulls }
    }
    if (type === 'bool') {
      return { value: this.constant(`(${this.buffer(index, 'values')}[i >> 3] >> (i & 7)) & 1`), ...nulls }
    }
    if (isWideDecimal(type)) return { ...this.#wideDecimal(index, valid), ...nulls }
    const words32 = type === 'int53' || this.isNarrowed(type)
    if (!words32) return { value: this.constant(`${this.buffer(index, 'values')}[i]`), ...nulls }
    const name = this.buffer(index, 'words32')
    const high = this.constant(type === 'uint64' ? `${name}[i * 2 + 1] >>> 0` : `${name}[i * 2 + 1]`)
    if (this.isNarrowed(type)) {
      // High words of -2^53 to 2^53 - 1; of the unsigned, 0 to 2^53 - 1.
      this.widenIf(type === 'uint64' ? `${high} >>> 21` : `(${high} + 2097152) >>> 22`, valid)
    }
    return { value: this.constant(`${high} * 4294967296 + (${name}[i * 2] >>> 0)`), ...nulls }
  }

  /** A decimal of sixteen bytes: a BigInt, or a double where the upper words only repeat the sign. */
  #wideDecimal(index: number, valid: string | undefined): Pick<Emitted, 'value'> {
    if (this.layout.wide) {
      const items = this.buffer(index, 'values')
      const low = `BigInt.asUintN(64, ${items}[i * 2])`
      return { value: this.constant(`(${items}[i * 2 + 1] << 64n) | ${low}`) }
    }
    const name = this.buffer(index, 'words32')
    const high = this.constant(`${name}[i * 4 + 1]`)
    const upper = [2, 3].map(word => `(${name}[i * 4 + ${word}] !== (${high} >> 31))`).join(' | ')
    this.widenIf(`((${high} + 2097152) >>> 22) | ${upper}`, valid)
    return { value: this.constant(`${high} * 4294967296 + (${name}[i * 4] >>> 0)`) }
  }

  #validity(index: number): string | undefined {
    if (!this.layout.nullable[index]) return undefined
    const key = -1 - index
    for (const scope of this.#scopes) {
      const known = scope.get(key)
      if (known) return known.value
    }
    const value = this.constant(`(${this.buffer(index, 'validity')}[i >> 3] >> (i & 7)) & 1`)
    this.#scopes.at(-1)!.set(key, { value })
    return value
  }

  /** A code that is in range even where the cell is null. */
  #code(index: number, valid: string | undefined): string {
    const code = `${this.buffer(index, 'values')}[i]`
    return valid === undefined ? code : `${code} & -${valid}`
  }

  /** The coded text column that is all an expression depends on, if its cells can be kept by code. */
  #memoColumn(node: BoundCall): number | undefined {
    if (this.representation(node.type) === 'big' || this.isNarrowed(node.type) || canFail(node))
      return undefined
    const columns = columnsOfBound(node)
    if (columns.size !== 1 || hasBinary(node)) return undefined
    const [index] = columns as unknown as [number]
    return this.layout.coded[index] ? index : undefined
  }

  #memo(node: BoundCall, column: number): Emitted {
    const kind = this.representation(node.type) as Memo['kind']
    const nullable = mayBeNull(node, this.layout)
    const memo = this.memos.push({ node, column, kind, nullable }) - 1
    const valid = this.#validity(column)
    // Entry 0 is the answer for null.
    const entry = this.constant(
      valid === undefined
        ? `${this.buffer(column, 'values')}[i] + 1`
        : `(${this.buffer(column, 'values')}[i] + 1) & -${valid}`,
    )
    if (kind === 'text') {
      const code = this.constant(`m${memo}[${entry}]`)
      const start = this.constant(`m${memo}o[${code}]`)
      const end = this.constant(`m${memo}o[${code} + 1]`)
      return {
        value: `m${memo}d`,
        start,
        end,
        code: { memo, value: code },
        ...(nullable ? { valid: this.constant(`(m${memo}n[${entry}])`) } : {}),
      }
    }
    return {
      value: this.constant(`m${memo}[${entry}]`),
      ...(nullable ? { valid: this.constant(`m${memo}n[${entry}]`) } : {}),
    }
  }
}

/** Bytes that are no text are not kept by code. */
function hasBinary(node: Bound): boolean {
  for (const { type } of partsOf(node)) if (type === 'binary') return true
  return false
}

/** Whether evaluating the expression for every row, wanted or not, costs more than leaving rows out. */
export function isCostly(node: Bound, layout: BatchLayout): boolean {
  for (const part of partsOf(node)) {
    if (part.kind === 'column' && isBytes(part.type) && !layout.coded[part.index]) return true
    if (part.kind === 'call' && part.spec.costly) return true
  }
  return false
}

function mayBeNull(node: Bound, layout: BatchLayout, seen: Set<Bound> = new Set()): boolean {
  if (seen.has(node)) return false
  seen.add(node)
  if (node.kind === 'literal') return node.cell === null
  if (node.kind === 'column') return layout.nullable[node.index]!
  const { nulls = 'strict' } = node.spec
  return nulls === 'own' || (nulls === 'strict' && node.args.some(arg => mayBeNull(arg, layout, seen)))
}

/** Adds the columns that an expression reads. */
export function columnsOfBound(node: Bound, into: Set<number> = new Set()): Set<number> {
  for (const part of partsOf(node)) if (part.kind === 'column') into.add(part.index)
  return into
}
