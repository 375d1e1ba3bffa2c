// Durations and sizes in their written form: "5m", "90d", "64KB".
import { z } from 'zod'

const secondsPer = { s: 1, m: 60, h: 3600, d: 86_400 } as const
const bytesPer = { B: 1, KB: 1024, MB: 1024 * 1024 } as const

/** Parses a duration such as "30s", "5m", "12h" or "90d", between two bounds in seconds, to a number of seconds. */
export function duration(bounds: { atLeast: number; atMost: number }) {
  const expected = `a duration between ${formatDuration(bounds.atLeast)} and ${formatDuration(bounds.atMost)}, such as "30s", "5m", "12h" or "90d"`
  return z
    .string(expected)
    .regex(/^(?:0|[1-9][0-9]{0,8})[smhd]$/, expected)
    .transform((text) => Number.parseInt(text, 10) * secondsPer[text.at(-1) as keyof typeof secondsPer])
    .refine((seconds) => seconds >= bounds.atLeast && seconds <= bounds.atMost, expected)
}

/** As {@link duration}, or the word "forever". */
export function durationOrForever(bounds: { atLeast: number; atMost: number }) {
  const expected = `"forever", or a duration between ${formatDuration(bounds.atLeast)} and ${formatDuration(bounds.atMost)}, such as "90d"`
  const isInBounds = (seconds: number) => seconds >= bounds.atLeast && seconds <= bounds.atMost
  return z
    .string(expected)
    .regex(/^(?:forever|(?:0|[1-9][0-9]{0,8})[smhd])$/, expected)
    .transform((text) => (text === 'forever' ? 'forever' : Number.parseInt(text, 10) * secondsPer[text.at(-1) as keyof typeof secondsPer]))
    .refine((value) => value === 'forever' || isInBounds(value), expected)
}

/** Parses a size such as "64KB" or "2MB", between two bounds in bytes, to a number of bytes. */
export function size(bounds: { atLeast: number; atMost: number }) {
  const expected = `a size between ${bounds.atLeast}B and ${bounds.atMost}B, such as "64KB" or "2MB"`
  return z
    .string(expected)
    .regex(/^[1-9][0-9]{0,8}(B|KB|MB)$/, expected)
    .transform((text) => {
      const [, digits, unit] = /^(\d+)(\w+)$/.exec(text) ?? []
      return Number(digits) * bytesPer[unit as keyof typeof bytesPer]
    })
    .refine((bytes) => bytes >= bounds.atLeast && bytes <= bounds.atMost, expected)
}

/** Formats seconds in the largest unit that divides them: 300 is "5m". */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return '0s'
  const units = Object.entries(secondsPer).toReversed()
  const [unit, factor] = units.find(([, factor]) => seconds % factor === 0) ?? ['s', 1]
  return `${seconds / factor}${unit}`
}
