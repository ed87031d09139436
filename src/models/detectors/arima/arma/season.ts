/** The slots that a season is cut into, by time of day, week, …: without a season there is one slot. */
import { PlanError } from '../../../../core/errors.ts'

/** Visits of a slot, or points of a series without season, that its mean remembers. */
const SLOT_MEMORY = 40
const LEVEL_MEMORY = 512
const MAX_SLOTS = 1024
/** Slots of a season when the step of the series is not known. */
const DEFAULT_SLOTS = 24

export interface ArmaSeason {
  readonly slots: number
  /** Length of the season, and of a slot; without a season 0 and 1. */
  readonly ms: number
  readonly slotMs: number
  /** Visits of a slot that its mean remembers. */
  readonly memory: number
  /** Whether the slot of a point does not follow from its place in the window: the step of the series is not known. */
  readonly irregular: boolean
}

/**
 * The slots of a season of `ms`, 0 for none.
 *
 * @throws {PlanError} `DETECTOR_SEASON` when it is no longer than two steps of the series
 */
export function armaSeason(ms: number, everyMs: number | undefined): ArmaSeason {
  if (ms === 0) return { slots: 1, ms: 0, slotMs: 1, memory: LEVEL_MEMORY, irregular: false }
  if (everyMs !== undefined && ms < 2 * everyMs) {
    throw new PlanError('DETECTOR_SEASON', `a season of ${ms} ms has less than two steps of ${everyMs} ms`, {
      hint: 'take a longer season, or none',
    })
  }
  const slots = everyMs === undefined ? DEFAULT_SLOTS : Math.min(MAX_SLOTS, Math.ceil(ms / everyMs))
  return { slots, ms, slotMs: ms / slots, memory: SLOT_MEMORY, irregular: everyMs === undefined }
}

/** The slot of a time. */
export function slotAt({ slots, ms, slotMs }: ArmaSeason, timeMs: number): number {
  if (slots === 1) return 0
  const slot = Math.floor((timeMs - ms * Math.floor(timeMs / ms)) / slotMs)
  return slot < slots ? slot : slots - 1
}
