/**
 * Scores the detectors on a directory in NAB's layout, on one of rows that are labelled one by one, or on simulated series:
 * `npm run bench:nab -- (DIR [--labelled] | --simulated SEED) [--json] [--threshold T] [--detector NAME]…`. See
 * docs/benchmarks.md for what the figures mean, and for what they may not be used for.
 */

import { parseArgs } from 'node:util'
import { MillraceError } from '../../src/core/errors.ts'
import { DETECTORS } from '../detectors.ts'
import { describe, environment } from '../harness/environment.ts'
import { toJson } from '../harness/to-json.ts'
import { bestThresholds } from './best-threshold.ts'
import { isPublishedHalf, PUBLISHED } from './published.ts'
import { type Corpus, CorpusError, readCorpus } from './read-corpus.ts'
import { readLabelled } from './read-labelled.ts'
import { bestTable, headlineTable } from './report.ts'
import { type Scored, scoreCorpus } from './score-corpus.ts'
import { simulatedCorpus } from './simulated-corpus.ts'
import { windowedGaussian } from './windowed-gaussian.ts'

const USAGE =
  'npm run bench:nab -- (DIR [--labelled] | --simulated SEED) [--json] [--threshold SCORE] [--detector NAME]…'

/**
 * Scores from which on values are anomalies, in advance: about what NAB's costs make best on the simulated corpora of seeds 1
 * to 3, for `auto`, which has a rule of events, and for detectors that have none.
 */
const EVENT_THRESHOLD = 3.2
const VALUE_THRESHOLD = 3

function reportError(what: string): never {
  console.error(what)
  console.error(USAGE)
  process.exit(2)
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        threshold: { type: 'string' },
        labelled: { type: 'boolean', default: false },
        simulated: { type: 'string' },
        detector: { type: 'string', multiple: true },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return reportError((error as Error).message)
  }
}

function corpusIn(directory: string | undefined, seed: number, labelled: boolean): Corpus {
  try {
    if (directory === undefined) return { series: simulatedCorpus(seed), leftOut: [] }
    return labelled ? readLabelled(directory) : readCorpus(directory)
  } catch (error) {
    const unreadable = (error as NodeJS.ErrnoException).syscall !== undefined
    if (error instanceof CorpusError || unreadable) return reportError((error as Error).message)
    throw error
  }
}

const { values, positionals } = options()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const seed = Number(values.simulated ?? 1)
if (!Number.isSafeInteger(seed)) reportError(`--simulated takes a whole number, got ${values.simulated}`)
if (positionals.length !== (values.simulated === undefined ? 1 : 0)) {
  reportError('name one directory in the layout of NAB: data/ and labels/; or a seed of simulated series')
}
const threshold = values.threshold === undefined ? undefined : Number(values.threshold)
if (threshold !== undefined && !(threshold > 0 && threshold < 300)) {
  reportError(`--threshold is a score, −log10 of a p-value, between 0 and 300, got ${values.threshold}`)
}
for (const name of values.detector ?? []) {
  if (!DETECTORS.some(detector => detector.name === name)) {
    reportError(`no detector is called ${name}: there are ${DETECTORS.map(({ name }) => name).join(', ')}`)
  }
}
const { series, leftOut } = corpusIn(positionals[0], seed, values.labelled)
const scored: Scored[] = []
/** Detectors that refuse a file: they have no score, the others do. */
const refused: { name: string; error: string }[] = []
for (const detector of DETECTORS) {
  if (values.detector && !values.detector.includes(detector.name)) continue
  try {
    const inAdvance = detector.events ? EVENT_THRESHOLD : VALUE_THRESHOLD
    scored.push(scoreCorpus(detector, series, 10 ** -(threshold ?? inAdvance)))
  } catch (error) {
    if (!((error as Error).cause instanceof MillraceError)) throw error
    refused.push({ name: detector.name, error: (error as Error).message })
  }
}
/** A peer that runs here, on the same files. */
const gaussian = bestThresholds(
  series,
  series.map(({ values }) => windowedGaussian(values)),
)
const corpus = {
  series: series.length,
  windows: series.reduce((total, { windows }) => total + windows.length, 0),
  rows: series.reduce((total, { rows }) => total + rows, 0),
  leftOut,
}
if (values.json) {
  const peers = { windowedGaussian: gaussian, ...(values.labelled ? {} : { published: PUBLISHED }) }
  console.log(toJson({ environment: environment(), corpus, detectors: scored, refused, peers }))
} else {
  console.log(describe(environment()))
  console.log(`${corpus.series} series, ${corpus.windows} windows, ${corpus.rows} rows`)
  if (leftOut.length > 0) console.log(`left out, without data or labels: ${leftOut.join(', ')}`)
  console.log(`\n${headlineTable(scored)}`)
  const published = values.labelled ? 'none' : isPublishedHalf(series) ? 'half' : 'whole'
  console.log(`\n${bestTable(scored, gaussian, published)}`)
}
for (const { name, error } of refused) console.error(`${name} has no score: ${error}`)
if (refused.length > 0) process.exitCode = 1
