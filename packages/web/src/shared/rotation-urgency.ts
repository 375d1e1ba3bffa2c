// Whether the end of a rotation's window must be acted on. Alone in its file, because first pages need no more of rotations.

/** What the end of the window would do if it came now; as `cutsOff` of `rotation.list`. */
export type CutOff = 'new-unused' | 'old-in-use' | null

/** Where the end of a window cuts callers off: so long before it is urgent. */
export const urgentMs = 3 * 86_400_000

/** Whether the end of the window is so near that it must be acted on. */
export function isUrgent({ windowEndsAt }: { readonly windowEndsAt: string | null }, cutsOff: CutOff, nowMs: number): boolean {
  return cutsOff !== null && windowEndsAt !== null && Date.parse(windowEndsAt) - nowMs < urgentMs
}
