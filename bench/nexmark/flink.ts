/**
 * What Flink 2.2.1 did on a machine like this one: 2 processors, state on the heap, no checkpoints, mini-batches of 2 s,
 * 100,000 events per second of event time, its generator in the process at about 0.3 µs an event, a sink that drops rows.
 * Thousand events per second on the two processors, and per second of processor time.
 */
export const FLINK: Readonly<Record<string, readonly [perSecond: number, perCpuSecond: number]>> = {
  q0: [490, 330],
  q1: [740, 380],
  q2: [521, 403],
  q3: [614, 326],
  q4: [244, 125],
  q5: [390, 207],
  q7: [213, 90],
  q8: [618, 347],
  q9: [150, 80],
  q11: [379, 164],
  q12: [482, 273],
  q13: [522, 292],
  q14: [727, 386],
  q15: [235, 117],
  q16: [55, 25],
  q17: [397, 234],
  q18: [297, 160],
  q19: [208, 114],
  q20: [184, 104],
  q21: [363, 186],
  q22: [531, 286],
}
