import fc from 'fast-check'
import { kMeansCluster } from 'simple-statistics'
import { describe, expect, it } from 'vitest'
import { kMeans, type StreamingKMeansOptions, streamingKMeans } from '../../../src/models/index.ts'
import { flatten, lloyd, seedCenters, uniform } from '../../../src/models/statistics/k-means.ts'

const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'done'
}

const points = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
  minLength: 6,
  maxLength: 60,
})
const different = (data: readonly (readonly number[])[]) => new Set(data.map(String)).size

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, d) => sum + (x - b[d]!) ** 2, 0)

describe('kMeans', () => {
  it('ends where no point is nearer to another centre and every centre is the mean of its points', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 5 }), fc.integer(), (data, clusters, seed) => {
        fc.pre(different(data) >= clusters)
        const { centers, labels, counts, inertia, converged } = kMeans(data, { clusters, seed })
        expect(converged).toBe(true)
        let sum = 0
        for (const [i, point] of data.entries()) {
          const own = distance(point, centers[labels[i]!]!)
          sum += own
          for (const center of centers) expect(own).toBeLessThanOrEqual(distance(point, center))
        }
        expect(inertia).toBeCloseTo(sum, 8)
        for (const [c, center] of centers.entries()) {
          const mine = data.filter((_, i) => labels[i] === c)
          expect(mine.length).toBe(counts[c])
          expect(mine.length).toBeGreaterThan(0)
          for (const d of [0, 1]) {
            expect(center[d]).toBeCloseTo(mine.reduce((total, p) => total + p[d]!, 0) / mine.length, 12)
          }
        }
      }),
    )
  })

  it('goes the way of simple-statistics from the same start', () => {
    let compared = 0
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 4 }), fc.integer(), (whole, clusters, seed) => {
        // It takes roots of distances, of which two may be equal where the squares differ by a last digit: between whole points.
        const aside = uniform(seed)
        const data = whole.map(point => point.map(x => x + aside() / 4))
        const flat = flatten('test', data)
        const start = seedCenters(flat, clusters, uniform(seed))
        fc.pre(start !== undefined)
        // It draws its start by a shuffle; a source of almost 1 leaves the order as it is, so the first points are it.
        const seeds = Array.from({ length: clusters }, (_, c) => [start![c * 2]!, start![c * 2 + 1]!])
        const rest = data.map(point => [...point])
        for (const chosen of seeds)
          rest.splice(
            rest.findIndex(point => distance(point, chosen) === 0),
            1,
          )
        const ordered = [...seeds, ...rest]
        let theirs: { labels: number[]; centroids: number[][] }
        try {
          theirs = kMeansCluster(ordered, clusters, () => 1 - 2 ** -53)
        } catch {
          // It gives up where a centre loses its points.
          return
        }
        const ours = lloyd(flatten('test', ordered), start!, 300)
        expect([...ours.labels]).toEqual(theirs.labels)
        expect([...ours.centers].map(x => x.toFixed(9))).toEqual(
          theirs.centroids.flat().map(x => (x + 0).toFixed(9)),
        )
        compared++
      }),
    )
    expect(compared).toBeGreaterThan(50)
  })

  it('finds clusters that lie apart, whatever the seed', () => {
    const random = uniform(3)
    const data = Array.from({ length: 300 }, (_, i) => [
      (i % 3) * 100 + random(),
      (i % 3 === 1 ? 50 : 0) + random(),
    ])
    for (let seed = 0; seed < 50; seed++) {
      const { labels, counts } = kMeans(data, { clusters: 3, seed })
      expect([...counts]).toEqual([100, 100, 100])
      expect(labels.every((label, i) => label === labels[i % 3])).toBe(true)
    }
  })

  it('is the same for the same seed, and restarts never make it worse', () => {
    const random = uniform(5)
    const data = Array.from({ length: 200 }, () => [random(), random(), random()])
    const options = { clusters: 7, seed: 9 }
    expect(kMeans(data, options)).toEqual(kMeans(data, options))
    expect(kMeans(data, { ...options, restarts: 10 }).inertia).toBeLessThanOrEqual(
      kMeans(data, options).inertia,
    )
    expect(kMeans(data, { ...options, maxIterations: 1 })).toMatchObject({ iterations: 1, converged: false })
  })

  it('takes numbers as points of one coordinate, and leaves out those that miss one', () => {
    const { centers, labels } = kMeans([1, null, 2, Number.NaN, 50], { clusters: 2 })
    expect([...labels].map(label => label < 0)).toEqual([false, true, false, true, false])
    expect(centers.map(([x]) => x!).sort((a, b) => a - b)).toEqual([1.5, 50])
  })

  it('a centre that loses its points takes the point farthest from its centre', () => {
    // Both centres of the start lie right of everything: the second gets nothing.
    const flat = flatten('test', [0, 1, 2, 10])
    const { counts, converged } = lloyd(flat, Float64Array.of(20, 30), 300)
    expect([...counts].toSorted()).toEqual([1, 3])
    expect(converged).toBe(true)
  })

  it('refuses what makes no sense', () => {
    expect(code(() => kMeans([[1, 2], [3]], { clusters: 1 }))).toBe('POINTS')
    expect(code(() => kMeans([Infinity], { clusters: 1 }))).toBe('POINTS')
    expect(code(() => kMeans('ab' as any, { clusters: 1 }))).toBe('POINTS')
    expect(code(() => kMeans([1, 2], { clusters: 0 }))).toBe('CLUSTERS')
    expect(code(() => kMeans([1, 1, 1], { clusters: 2 }))).toBe('CLUSTERS')
    expect(code(() => kMeans([], { clusters: 1 }))).toBe('CLUSTERS')
    expect(code(() => kMeans([1], { clusters: 1, restarts: 0.5 }))).toBe('CLUSTERS')
  })
})

describe('streamingKMeans', () => {
  const options: StreamingKMeansOptions = { clusters: 3, dimensions: 2, warmup: 12 }

  it('moves centres as Sculley’s algorithm says', () => {
    const model = streamingKMeans({ clusters: 2, dimensions: 1, warmup: 4 })
    model.add([0, 2, 100, 102])
    const low = model.centers[0]![0]! < 50 ? 0 : 1
    expect(model.centers[low]![0]).toBe(1)
    // Both are assigned first; then 1 + (7 − 1)/3 = 3 and 3 + (3 − 3)/4.
    expect([...model.add([7, 3])]).toEqual([low, low])
    expect(model.centers[low]![0]).toBe(3)
    expect(model.counts[low]).toBe(4)
    expect(model.centers[1 - low]![0]).toBe(101)
  })

  it('goes on from what was saved to the same bits, at any cut', () => {
    fc.assert(
      fc.property(fc.array(points, { minLength: 1, maxLength: 5 }), fc.nat(5), (batches, cut) => {
        const straight = streamingKMeans(options)
        let resumed = streamingKMeans(options)
        for (const [i, batch] of batches.entries()) {
          if (i === cut) resumed = streamingKMeans.restore(JSON.parse(JSON.stringify(resumed.save())))
          expect(resumed.add(batch)).toEqual(straight.add(batch))
        }
        expect(resumed.save()).toEqual(straight.save())
        expect(resumed.nearest(batches[0]!)).toEqual(straight.nearest(batches[0]!))
      }),
    )
  })

  it('comes near the centres that the points were drawn around', () => {
    const random = uniform(11)
    const model = streamingKMeans({ clusters: 3, dimensions: 2 })
    const around = [
      [0, 0],
      [10, 0],
      [0, 10],
    ]
    for (let batch = 0; batch < 50; batch++) {
      model.add(Array.from({ length: 40 }, (_, i) => around[i % 3]!.map(x => x + random() - 0.5)))
    }
    for (const truth of around) {
      const nearest = Math.min(...model.centers.map(center => distance(center, truth)))
      // 670 points a cluster, each with variance 1/12 a coordinate: standard error 0.011.
      expect(Math.sqrt(nearest)).toBeLessThan(0.06)
    }
  })

  it('follows a drift where old points are forgotten', () => {
    const drifting = (minRate: number) => {
      const model = streamingKMeans({ clusters: 2, dimensions: 1, warmup: 10, minRate })
      for (let step = 0; step < 1000; step++) model.add([step / 100, 1000 + step / 100])
      return Math.min(...model.centers.map(([x]) => x!))
    }
    expect(drifting(0)).toBeLessThan(6)
    expect(drifting(0.05)).toBeGreaterThan(9.5)
  })

  it('waits for as many different points as there are clusters, without holding their copies', () => {
    const model = streamingKMeans({ clusters: 2, dimensions: 1, warmup: 3 })
    for (let i = 0; i < 100; i++) expect([...model.add([5])]).toEqual([-1])
    expect(model.save().held.length).toBe(3)
    model.add([6])
    expect(model.centers.map(([x]) => x).toSorted()).toEqual([5, 6])
    expect([...model.add([5, null, 6])].map(label => label < 0)).toEqual([false, true, false])
  })

  it('refuses what makes no sense', () => {
    expect(code(() => streamingKMeans({ clusters: 0, dimensions: 1 }))).toBe('CLUSTERS')
    expect(code(() => streamingKMeans({ clusters: 1, dimensions: 1.5 }))).toBe('CLUSTERS')
    expect(code(() => streamingKMeans({ clusters: 1, dimensions: 1, minRate: 2 }))).toBe('CLUSTERS')
    expect(code(() => streamingKMeans(options).add([[1, 2, 3]]))).toBe('POINTS')
    expect(code(() => streamingKMeans.restore({} as any))).toBe('CLUSTER_STATE')
  })
})
