import { z } from 'zod'

/** @param longest in characters */
export function withoutControls(longest: number, expected = `Expected 1 to ${longest} characters without control characters`) {
  return z.string().regex(new RegExp(`^[^\\x00-\\x1f\\x7f-\\x9f]{1,${longest}}$`, 'u'), { error: expected, abort: true })
}
