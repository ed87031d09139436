import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Attempt, type Conditions, NO_ROW } from '../../../src/core/patterns/attempt.ts'
import { automatonOf } from '../../../src/core/patterns/automaton.ts'
import { KeyRun } from '../../../src/core/patterns/key-run.ts'
import type { Gap, PatternStep, Skip } from '../../../src/core/patterns/pattern.ts'
import { runs } from '../../effort.ts'
import { bruteForce, type Matched } from './brute-force.ts'

const gap = fc.constantFrom<Gap>('next', 'followedBy', 'followedByAny')

/** A step, and its condition: values, and whether greater than that of the last row of another step. */
const step = fc.record({
  gap,
  negated: fc.boolean().map(flag => flag),
  often: fc.constantFrom<readonly [number, number | null]>(
    [1, 1],
    [1, 1],
    [1, 1],
    [0, 1],
    [1, null],
    [0, null],
    [2, null],
    [2, 2],
    [1, 3],
    [0, 2],
  ),
  greedy: fc.boolean(),
  between: gap,
  values: fc.constantFrom('a', 'b', 'c', 'ab', 'bc', 'abc'),
  above: fc.option(fc.nat(2), { freq: 3 }),
  which: fc.constantFrom<'first' | 'last'>('first', 'last'),
})

const pattern = fc.array(step, { minLength: 1, maxLength: 4 }).map(drafts =>
  drafts.map((draft, i) => {
    const negated = draft.negated && i > 0 && draft.often[0] === 1 && draft.often[1] === 1
    const [min, max] = i === 0 && draft.often[0] === 0 ? [1, draft.often[1]] : draft.often
    return {
      ...draft,
      negated,
      name: `v${i}`,
      min,
      max,
      above: draft.above !== null && draft.above < i ? draft.above : undefined,
    }
  }),
)

const rows = fc.array(
  fc.record({
    after: fc.constantFrom(0, 1, 1, 2, 7),
    value: fc.constantFrom('a', 'b', 'c'),
    number: fc.nat(3),
  }),
  { maxLength: 10 },
)

const skip = fc.constantFrom<'pastLast' | 'next' | 'first' | 'last'>('pastLast', 'next', 'first', 'last')

it('a search finds what going back and forth finds', () => {
  fc.assert(
    fc.property(
      pattern,
      rows,
      fc.constantFrom(3, 8, Number.POSITIVE_INFINITY),
      skip,
      (drafts, came, withinMs, to) => {
        const steps: PatternStep[] = drafts
        let ms = 0
        const timesMs = came.map(({ after }) => (ms += after))
        const of = steps.find(({ negated }) => !negated)!.name
        const skip: Skip = to === 'first' || to === 'last' ? { to, of } : { to }
        const references = drafts.flatMap(({ above, which }) =>
          above === undefined ? [] : [{ step: above, which }],
        )
        const satisfies = (at: number, row: number, other: number | undefined) => {
          const { values, above } = drafts[at]!
          if (!values.includes(came[row]!.value)) return false
          return above === undefined || (other !== undefined && came[row]!.number > came[other]!.number)
        }
        const expected = bruteForce({
          steps,
          timesMs,
          withinMs,
          skip,
          holds(at, row, before) {
            const { above, which } = drafts[at]!
            const found = before.filter(({ step }) => step === above)
            return satisfies(at, row, (which === 'first' ? found[0] : found.at(-1))?.row)
          },
        })
        const conditions: Conditions = {
          references,
          holds(at, row, found, from) {
            const { above, which } = drafts[at]!
            const place = references.findIndex(r => r.step === above && r.which === which)
            const other = place < 0 ? NO_ROW : found[from + place]!
            return satisfies(at, row, other === NO_ROW ? undefined : other)
          },
        }
        const matches: Matched[][] = []
        const found = {
          last: { rows: [] as number[], steps: [] as number[] },
          add(attempt: Attempt) {
            found.last = { rows: [], steps: [] }
            attempt.collect(found.last.rows, found.last.steps)
            matches.push(found.last.rows.map((row, i) => ({ row, step: found.last.steps[i]! })))
          },
        }
        const run = new KeyRun({
          automaton: automatonOf(steps),
          conditions,
          times: { ms: row => timesMs[row]!, ns: () => 0, mayBegin: () => true },
          withinMs,
          skip,
          release: () => {},
        })
        for (let row = 0; row < came.length; row++) run.push(row, found)
        run.passWatermark(Number.POSITIVE_INFINITY, found)
        expect(matches).toEqual(expected)
      },
    ),
    { numRuns: runs(1000) },
  )
})
