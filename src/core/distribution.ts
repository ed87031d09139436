/**
 * What `core` knows of distributions: they are named by plain JSON, which travels in the plan, and opened where it is
 * evaluated by a registry that is handed in. The families themselves are models.
 */

/** A distribution as plain data, what its `toJSON` gives: `{ name: 'normal', parameters: { mean: 0, sd: 1 } }`. */
export interface DistributionData {
  readonly name: string
  /** JSON. */
  readonly parameters: object
}

/** The functions of a distribution that map a number to a number. A NaN makes a NaN; none throws. */
export type DistributionFunction =
  | 'pdf'
  | 'logPdf'
  | 'pmf'
  | 'logPmf'
  | 'cdf'
  | 'sf'
  | 'logCdf'
  | 'logSf'
  | 'quantile'
  | 'isf'

/** A distribution that has function `F`, as far as expressions are concerned: those of `millrace/models` do. */
export type DistributionWith<F extends DistributionFunction> = {
  readonly [K in F]: (x: number) => number
} & { toJSON(): DistributionData }

/** An opened distribution: continuous ones have densities, discrete ones probabilities of points. */
export type OpenedDistribution = { readonly [K in DistributionFunction]?: (x: number) => number }

/** Opens a distribution from its data. Throws a `ModelError` for names and parameters that make no sense. */
export type OpenDistribution = (data: DistributionData) => OpenedDistribution
