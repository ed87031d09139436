/** Made-up corpora, windows behind the probation, and scores with ties, gaps and infinities. */
import fc from 'fast-check'
import { type LabelledSeries, probation } from '../../../bench/nab/score.ts'

const series: fc.Arbitrary<LabelledSeries> = fc
  .record({
    rows: fc.integer({ min: 20, max: 90 }),
    /** Rows to the next window, and its width. */
    parts: fc.array(fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 12 })), {
      maxLength: 3,
    }),
  })
  .map(({ rows, parts }) => {
    const windows: { first: number; last: number }[] = []
    let from = probation(rows)
    for (const [gap, width] of parts) {
      const first = from + gap
      const last = first + width - 1
      if (last >= rows) break
      windows.push({ first, last })
      from = last + 1
    }
    return { rows, windows }
  })

/** At least one window. */
export const anyCorpus: fc.Arbitrary<readonly LabelledSeries[]> = fc
  .array(series, { minLength: 1, maxLength: 4 })
  .filter(corpus => corpus.some(({ windows }) => windows.length > 0))

const anyScore = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 3, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY) },
)

export const anyScoredCorpus = anyCorpus.chain(corpus =>
  fc.record({
    corpus: fc.constant(corpus),
    scores: fc.tuple(
      ...corpus.map(({ rows }) =>
        fc.array(anyScore, { minLength: rows, maxLength: rows }).map(scores => Float64Array.from(scores)),
      ),
    ),
  }),
)
