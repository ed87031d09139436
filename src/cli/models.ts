/** The detectors that `--model` names, from the table of detectors. */

import { durationMs } from '../core/time/duration.ts'
import type { DetectorSpec } from '../index.ts'
import { type CommandLineOption, detectorTable } from '../models/detectors/registry.ts'
import { numberIn, required, typed, UsageError } from './usage.ts'

/** What was typed of a model's options, and of the windows that it scores. */
export type ModelOptions = Readonly<
  Partial<Record<CommandLineOption | 'warmup' | 'window', string | undefined>>
>

/** Reads what was typed. Where nothing was, the factory has its default, but for lags, which it must be told. */
const OPTIONS: Readonly<Record<CommandLineOption, (text: string | undefined) => unknown>> = {
  season: text => text,
  p: text => numberIn(text, 'p', LAGS) ?? 2,
  q: text => numberIn(text, 'q', LAGS) ?? 1,
}
const LAGS = { least: 0, most: 16, whole: true }
const OPTION_NAMES = Object.keys(OPTIONS) as CommandLineOption[]

const MODELS = new Map(
  Object.values(detectorTable).flatMap(({ factories, commandLine = {} }) =>
    Object.entries(commandLine).map(([name, takes]) => [name, { make: factories[name]!, takes }] as const),
  ),
)

export const MODEL_NAMES: readonly string[] = [...MODELS.keys()]

/** The models that take an option. */
export const takersOf = (option: CommandLineOption): readonly string[] =>
  MODEL_NAMES.filter(name => MODELS.get(name)!.takes[option] !== undefined)

/** The detector of a name and its options. @throws {UsageError} for one that is not known or not taken. */
export function modelOf(name: string, options: ModelOptions): DetectorSpec {
  const model = MODELS.get(name)
  if (!model) {
    throw new UsageError(
      `--model is one of ${MODEL_NAMES.join(', ')}, got ${JSON.stringify(name)}`,
      '--model auto',
    )
  }
  const given: Partial<Record<CommandLineOption, unknown>> = {}
  for (const option of OPTION_NAMES) {
    const use = model.takes[option]
    const text = options[option]
    if (use === undefined) {
      if (text === undefined) continue
      throw new UsageError(
        `--${option} is not an option of --model ${name}, but of ${takersOf(option).join(', ')}`,
      )
    }
    const value = OPTIONS[option](use === 'needed' ? required(text, option, '1d') : text)
    if (value !== undefined) given[option] = value
  }
  const warmup = options.warmup === undefined ? undefined : warmupOf(options.warmup, options.window!, name)
  const option = warmup === undefined ? 'season' : 'warmup'
  return typed(option, () => model.make({ ...given, ...(warmup === undefined ? {} : { warmup }) }))
}

/**
 * How much passes before the first score, as windows or as a time: models count values, of which each window is one, but for
 * `counts`, which takes a time.
 */
function warmupOf(text: string, window: string, model: string): number {
  const isNumber = /^\d+$/.test(text)
  return typed('warmup', () => {
    const windowMs = durationMs(window as '1h')
    const values = isNumber ? Number(text) : Math.ceil(durationMs(text as '1h') / windowMs)
    return model === 'counts' ? values * windowMs : values
  })
}
