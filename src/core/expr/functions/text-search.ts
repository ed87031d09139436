/** Where a part of a text is, whether a text is like a pattern, and how far two texts are apart. */

import { PlanError } from '../../errors.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { editDistance, editSteps, MAX_STEPS } from '../edit-distance.ts'
import type { Call } from '../expr.ts'
import { kept } from '../kept.ts'
import { LikePattern } from '../like-pattern.ts'
import { overflow } from '../overflow.ts'
import { show } from '../show.ts'
import { countPoints } from '../text-bytes.ts'
import { decodeBetween, pointAt } from '../text-points.ts'
import { type Emitted, type FunctionSpec, strict } from './contract.ts'
import { asCount } from './number-argument.ts'
import { asText, literalText } from './text-argument.ts'
import { areAscii, bytesOf, firstIn } from './text-code.ts'

/** `indexOf(text, part, from)`: -1 where it does not occur. */
const indexOf: FunctionSpec = {
  name: 'indexOf',
  bind(args, call) {
    expectArguments(call, 3)
    const [text, part, from] = args
    return boundCall(indexOf, 'int32', [asText(text!, call), asText(part!, call), asCount(from!, call)], call)
  },
  interpret: strict((_node, text: string, part: string, from: number) => {
    const points = [...text]
    const skipped = points.slice(0, Math.max(0, from)).join('')
    const at = text.indexOf(part, skipped.length)
    return at < 0 ? -1 : [...text.slice(0, at)].length
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [text, part, from] = args as [Emitted, Emitted, Emitted]
    const start =
      from.literal === 0
        ? text.start!
        : emitter.constant(`${emitter.outside(pointAt)}(${bytesOf(text)}, ${from.value})`)
    const at = emitter.constant(firstIn(text, part, start, emitter))
    const ascii = areAscii(text, emitter)
    const points = `${emitter.outside(countPoints)}(${text.value}, ${text.start}, ${at})`
    const place = ascii === undefined ? points : `${ascii} ? ${at} - ${text.start} : ${points}`
    return { value: emitter.constant(`${at} < 0 ? -1 : ${place}`), ...nulls }
  },
}

const likePattern = kept(key => {
  const [pattern, quote] = JSON.parse(key) as [string, string?]
  return new LikePattern(pattern, quote)
})

function escapeOf(call: Call, pattern: string): string | undefined {
  const quote = call.options?.escape
  if (quote === undefined) return undefined
  if (typeof quote !== 'string' || [...quote].length !== 1) {
    throw new PlanError('OPTION', `${show(call)}: escape is one character, got ${JSON.stringify(quote)}`, {
      hint: "r.name.like('100!%', { escape: '!' })",
    })
  }
  const points = [...pattern]
  let escaped = false
  for (const point of points) escaped = point === quote && !escaped
  if (!escaped) return quote
  throw new PlanError('ARGUMENT_TYPE', `${show(call)}: the pattern ends with its escape`, {
    hint: 'write it twice to mean itself',
  })
}

/** `like(text, pattern)`. DuckDB has the same without an escape. */
const like: FunctionSpec = {
  name: 'like',
  duckdb: {
    parity: ({ options }) => options.quote === undefined,
    sql: ([text, pattern]) => `(${text} LIKE ${pattern})`,
  },
  bind(args, call) {
    expectArguments(call, 2)
    const pattern = literalText(args[1]!, call, "r.name.like('%land')")
    const quote = escapeOf(call, pattern)
    return boundCall(like, 'bool', [asText(args[0]!, call), args[1]!], call, {
      key: JSON.stringify([pattern, quote]),
      quote,
    })
  },
  interpret: strict(({ options }, text: string) => {
    const bytes = new TextEncoder().encode(text)
    return likePattern(options.key as string).matches(bytes, 0, bytes.length)
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const compiled = emitter.outside(likePattern(node.options.key as string))
    return { value: emitter.constant(`${compiled}.matches(${bytesOf(args[0]!)})`), ...nulls }
  },
}

/** Texts so long that the comparison would take seconds are an `OVERFLOW`. DuckDB compares bytes. */
const levenshtein: FunctionSpec = {
  name: 'levenshtein',
  costly: true,
  bind(args, call) {
    expectArguments(call, 2)
    const texts = args.map(arg => asText(arg, call))
    return boundCall(levenshtein, 'int32', texts, call)
  },
  canFail: () => true,
  interpret: strict((node, a: string, b: string) => {
    const steps = editSteps([...a].length, [...b].length)
    if (steps > MAX_STEPS) throw overflow(node, steps)
    return editDistance(a, b)
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [a, b] = args as [Emitted, Emitted]
    const count = emitter.outside(countPoints)
    const steps = emitter.constant(
      `${emitter.outside(editSteps)}(${count}(${bytesOf(a)}), ${count}(${bytesOf(b)}))`,
    )
    emitter.failIf(node, `${steps} > ${emitter.outside(MAX_STEPS)}`, steps, nulls.valid)
    const decode = emitter.outside(decodeBetween)
    const code = `${emitter.outside(editDistance)}(${decode}(${bytesOf(a)}), ${decode}(${bytesOf(b)}))`
    return {
      value: emitter.constant(nulls.valid === undefined ? code : `${nulls.valid} ? ${code} : 0`),
      ...nulls,
    }
  },
}

export const searches: readonly FunctionSpec[] = [indexOf, like, levenshtein]
